"""Can every pod land? Pods followed through node pools and node groups, before there is a cluster."""
