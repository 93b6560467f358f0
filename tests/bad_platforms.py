"""Platforms with mistakes in them, and all that their authors are told: a table that several tests look at."""

from __future__ import annotations

from itertools import pairwise

from provisioners.landing.catalogue import catalogue

NETWORK = "vpc:\n  availability_zones: [eu-west-1a, eu-west-1b]\n"
NODES = "node_groups:\n  system:\n    instance_types: [m6i.large]\n    min_size: 2\n    max_size: 4\n"
BASE = f"name: analytics\nregion: eu-west-1\n{NETWORK}{NODES}karpenter: {{}}\nteams:\n  etl: {{}}\n"
"""A platform without a mistake, beside the project's own node pools."""

SUBNET = "subnet-0123456789abcdef0"
ROLE_ARN = "arn:aws:iam::123456789012:role/ops"
VPC = "existing_vpc:\n  vpc_id: vpc-0123456789abcdef0\n"
NAME = "must be at most 32 lower-case letters, digits and hyphens, beginning with a letter"
NAME_HINT = "for example 'analytics-dev'; the cluster bears this name, and others are made from it"
LABEL = "must be a DNS label: at most 63 lower-case letters, digits and hyphens, with a letter or digit at each end"
BUCKET = (
    "must be a bucket name: 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at "
    "each end, and no beginning or end that S3 keeps for itself"
)
BUCKET_HINT = "for example 'analytics-data-123456789012'"
VERSIONS = "must be one of '1.31', '1.32', '1.33', '1.34', '1.35', '1.36'"
TAG_KEY = (
    "must be a tag's key: at most 128 letters, digits, spaces and the characters _ . : / = + - @, not "
    "beginning with 'aws:'"
)
TAG_VALUE = "must be a tag's value: at most 256 letters, digits, spaces and the characters _ . : / = + - @"
TAG_HINT = "nothing is filled in here; write the value itself"
ROLE = "must be an IAM role name: at most 64 ASCII letters, digits and the characters _+=,.@-"
ZONE = "must be the name of an availability zone"
ZONE_HINT = "for example 'eu-west-1a'; local and wavelength zones hold no EKS control plane"
BUCKET_ARN = "must be the ARN of a bucket or of a prefix in one, without wildcards"
BUCKET_ARN_HINT = "for example 'arn:aws:s3:::raw-data/sales/'"
LOG_GROUP = (
    "must be the name of a log group: at most 512 letters, digits and the characters . _ - / #, not beginning "
    "with aws/ or /aws/"
)
LOG_GROUP_HINT = "for example '/spark/analytics'"
ROOM_HINT = "choose another `first`, other `newbits` or a larger network"
NAMESPACE_HINT = "give the team a namespace of its own; by default it is the team's name"
GROUP_KEYS = (
    "architecture, ami, min_size, max_size, desired_size, disk_size_gib, disk_iops, disk_throughput_mibps, "
    "instance_store_policy, user_data, availability_zones, labels, taints, max_unavailable_percentage, node_repair, "
    "instance_types, capacity_type"
)
FAMILY = (
    "node_group_families:\n  ca:\n    instance_families: [m5, m5d]\n    instance_sizes: [xlarge]\n    min_size: 0\n"
    "    max_size: 9\n"
)
SERVICE = "must be the last part of an endpoint service's name"
SERVICE_HINT = "for example 'ecr.api', which is com.amazonaws.<region>.ecr.api"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
PARTITION = "must be in the partition aws, which the platform's region eu-west-1 is of"
NOT_EVERYONE = "must not open the API server to everyone"
PRIVATELY = "name your own networks, or leave it out for a private endpoint"

EDITS: dict[str, tuple[dict[str, str], list[str]]] = {
    # Types
    "a number for a name": (
        {"name: analytics": "name: 2026"},
        ["platform.yaml:1:7: name: must be text, got 2026; put it in quotes"],
    ),
    "yes for a region": (
        {"region: eu-west-1": "region: no"},
        ["platform.yaml:2:9: region: must be text, got no; put it in quotes"],
    ),
    "text for a number": (
        {"min_size: 2": "min_size: two"},
        ["platform.yaml:8:15: node_groups.system.min_size: must be a whole number, got 'two'"],
    ),
    "a number in quotes": (
        {"min_size: 2": "min_size: '2'"},
        ["platform.yaml:8:15: node_groups.system.min_size: must be a whole number, got '2'; remove the quotes"],
    ),
    "a fraction of a node": (
        {"min_size: 2": "min_size: 2.0"},
        ["platform.yaml:8:15: node_groups.system.min_size: must be a whole number, got 2.0"],
    ),
    "a list for a mapping": (
        {"  etl: {}": "  - etl"},
        ["platform.yaml:12:3: teams: must be a mapping, got a list"],
    ),
    "a mapping for a list": (
        {"[m6i.large]": "{m6i.large: 1}"},
        ["platform.yaml:7:21: node_groups.system.instance_types: must be a list, got a mapping"],
    ),
    "text for a list": (
        {"[m6i.large]": "m6i.large"},
        [
            "platform.yaml:7:21: node_groups.system.instance_types: must be a list, got 'm6i.large'; start each "
            "entry with '- '"
        ],
    ),
    "nothing where a mapping must be": (
        {"  etl: {}": "  etl:"},
        ["platform.yaml:12:7: teams.etl: must be a mapping, got nothing; write {} for the defaults"],
    ),
    "text for true or false": (
        {"": "destroy_data: 'yes'\n"},
        ["platform.yaml:13:15: destroy_data: must be true or false, got 'yes'; remove the quotes"],
    ),
    "an account id without quotes": (
        {"": "account_id: 123456789012\n"},
        ["platform.yaml:13:13: account_id: must be text, got 123456789012; put it in quotes"],
    ),
    "an account id that begins with 0": (
        {"": "account_id: 012345670123\n"},
        ["platform.yaml:13:13: account_id: must be a decimal number, got 012345670123; put it in quotes if it is text"],
    ),
    "an account id too short": (
        {"": "account_id: '12345'\n"},
        [
            "platform.yaml:13:13: account_id: must be an AWS account id: 12 digits in quotes, got '12345'; for "
            "example '123456789012'"
        ],
    ),
    "a date": (
        {"name: analytics": "name: 2026-11-21"},
        ["platform.yaml:1:7: name: is a date to YAML, got 2026-11-21; put it in quotes"],
    ),
    "a version without quotes": (
        {"karpenter: {}": "cluster: {version: 1.35}\nkarpenter: {}"},
        [f"platform.yaml:10:20: cluster.version: {VERSIONS}, got 1.35; put it in quotes"],
    ),
    "a version that YAML shortens": (
        {"karpenter: {}": "cluster: {version: 1.30}\nkarpenter: {}"},
        [f"platform.yaml:10:20: cluster.version: {VERSIONS}, got 1.30"],
    ),
    # Keys
    "a misspelled region": (
        {"region:": "regoin:"},
        ["platform.yaml:2:1: regoin: unknown key; did you mean 'region'?"],
    ),
    "a misspelled vpc": (
        {"vpc:": "vcp:"},
        ["platform.yaml:3:1: vcp: unknown key; did you mean 'vpc'?"],
    ),
    "a misspelled karpenter": (
        {"karpenter:": "karpentre:"},
        ["platform.yaml:10:1: karpentre: unknown key; did you mean 'karpenter'?"],
    ),
    "a key of another place": (
        {"    max_size: 4": "    max_size: 4\n    cidr: 10.0.0.0/16"},
        [f"platform.yaml:10:5: node_groups.system.cidr: unknown key; known here: {GROUP_KEYS}"],
    ),
    "a key in Terraform's spelling": (
        {"    max_size: 4": "    max_size: 4\n    desired_capacity: 3"},
        ["platform.yaml:10:5: node_groups.system.desired_capacity: unknown key; did you mean 'desired_size'?"],
    ),
    "an upper-case key": (
        {"teams:": "Teams:"},
        ["platform.yaml:11:1: Teams: unknown key; did you mean 'teams'?"],
    ),
    "a key twice": (
        {"region: eu-west-1": "region: eu-west-1\nregion: eu-west-2"},
        ["platform.yaml:3:1: region: key is given twice, first in line 2; keep one of them"],
    ),
    "a team twice": (
        {"  etl: {}": "  etl: {}\n  etl: {log_retention_days: 7}"},
        ["platform.yaml:13:3: teams.etl: key is given twice, first in line 12; keep one of them"],
    ),
    "a required key is missing": (
        {"    max_size: 4\n": ""},
        ["platform.yaml:6:3: node_groups.system.max_size: is required (The most nodes); add for example 'max_size: 5'"],
    ),
    "two required keys are missing": (
        {"name: analytics\nregion: eu-west-1\n": ""},
        [
            "platform.yaml:1:1: name: is required (The platform's name, which is also the cluster's); add for "
            "example 'name: analytics'",
            "platform.yaml:1:1: region: is required (The AWS region); add for example 'region: us-east-1'",
        ],
    ),
    "a merge key": (
        {"  etl: {}": "  etl: &a {}\n  bi: {<<: *a}"},
        ['platform.yaml:13:8: teams.bi["<<"]: does not merge here; write the keys out'],
    ),
    "a key that is no text": (
        {"teams:": "1: 2\nteams:"},
        ["platform.yaml:11:1: 1: key must be text, got 1; put it in quotes"],
    ),
    # Names
    "a name too long": (
        {"name: analytics": f"name: {'a' * 33}"},
        [f"platform.yaml:1:7: name: {NAME}, got '{'a' * 33}'; {NAME_HINT}"],
    ),
    "a name with capitals": (
        {"name: analytics": "name: Analytics"},
        [f"platform.yaml:1:7: name: {NAME}, got 'Analytics'; {NAME_HINT}"],
    ),
    "a name that is not ASCII": (
        {"name: analytics": "name: análisis"},
        [f"platform.yaml:1:7: name: {NAME}, got 'análisis'; {NAME_HINT}"],
    ),
    "a name with an underscore": (
        {"name: analytics": "name: data_platform"},
        [f"platform.yaml:1:7: name: {NAME}, got 'data_platform'; {NAME_HINT}"],
    ),
    "an environment variable in a name": (
        {"name: analytics": "name: analytics-${ENV}"},
        [f"platform.yaml:1:7: name: {NAME}, got 'analytics-${{ENV}}'; {NAME_HINT}"],
    ),
    "a token": (
        {"name: analytics": "name: '${TfToken[TOKEN.12]}'"},
        [
            "platform.yaml:1:7: name: must be known before synthesis, got '${TfToken[TOKEN.12]}'; write the value "
            "itself; live objects are arguments of constructs, not parts of a Spec"
        ],
    ),
    "a token in a configuration": (
        {
            "karpenter: {}": "cluster:\n  addons:\n    coredns:\n      configuration: {replicaCount: "
            "['${TfToken[TOKEN.3]}']}\nkarpenter: {}"
        },
        [
            "platform.yaml:13:38: cluster.addons.coredns.configuration.replicaCount[0]: must be known before "
            "synthesis, got '${TfToken[TOKEN.3]}'; write the value itself; live objects are arguments of "
            "constructs, not parts of a Spec"
        ],
    ),
    "a team name that is no label": (
        {"  etl: {}": "  ETL_1: {}"},
        [f"platform.yaml:12:3: teams.ETL_1: key {LABEL}, got 'ETL_1'; for example 'spark-jobs'"],
    ),
    "a team name in Cyrillic": (
        {"  etl: {}": "  команда: {}"},
        [f"platform.yaml:12:3: teams.команда: key {LABEL}, got 'команда'; for example 'spark-jobs'"],
    ),
    "a team name too long": (
        {"  etl: {}": f"  {'e' * 64}: {{}}"},
        [f"platform.yaml:12:3: teams.{'e' * 64}: key {LABEL}, got '{'e' * 64}'; for example 'spark-jobs'"],
    ),
    "a namespace with a dot": (
        {"etl: {}": "etl: {namespace: data.etl}"},
        [f"platform.yaml:12:20: teams.etl.namespace: {LABEL}, got 'data.etl'; for example 'spark-jobs'"],
    ),
    "a role name over 64": (
        {"etl: {}": f"etl: {{job_role: {{name: {'r' * 65}}}}}"},
        [f"platform.yaml:12:26: teams.etl.job_role.name: {ROLE}, got '{'r' * 65}'; for example 'analytics-job'"],
    ),
    "a role name with a space": (
        {"etl: {}": "etl: {job_role: {name: spark jobs}}"},
        [f"platform.yaml:12:26: teams.etl.job_role.name: {ROLE}, got 'spark jobs'; for example 'analytics-job'"],
    ),
    "a bucket name in capitals": (
        {"": "bucket: {name: Data}\n"},
        [f"platform.yaml:13:16: bucket.name: {BUCKET}, got 'Data'; {BUCKET_HINT}"],
    ),
    "a bucket name of two letters": (
        {"": "bucket: {name: ab}\n"},
        [f"platform.yaml:13:16: bucket.name: {BUCKET}, got 'ab'; {BUCKET_HINT}"],
    ),
    "a bucket name that S3 keeps": (
        {"": "bucket: {name: xn--data}\n"},
        [f"platform.yaml:13:16: bucket.name: {BUCKET}, got 'xn--data'; {BUCKET_HINT}"],
    ),
    "a platform name that makes no bucket": (
        {"name: analytics": "name: sthree-data"},
        [
            "platform.yaml:1:1: bucket.name: is required, because S3 takes no name like "
            "'sthree-data-000000000000-eu-west-1', made from the cluster's; for example 'data-of-analytics'"
        ],
    ),
    "a region that is none": (
        {"region: eu-west-1": "region: europe"},
        ["platform.yaml:2:9: region: must be an AWS region, got 'europe'; for example 'eu-west-1'"],
    ),
    "an add-on's name": (
        {"karpenter: {}": "cluster: {addons: {VPC CNI: {}}}\nkarpenter: {}"},
        [
            'platform.yaml:10:20: cluster.addons["VPC CNI"]: key must be the name of an EKS add-on, got \'VPC '
            "CNI'; for example 'aws-efs-csi-driver'"
        ],
    ),
    "the latest add-on": (
        {"karpenter: {}": "cluster: {addons: {coredns: {version: latest}}}\nkarpenter: {}"},
        [
            "platform.yaml:10:39: cluster.addons.coredns.version: must be the version of an add-on, written in "
            "full, got 'latest'; for example 'v1.20.4-eksbuild.1'; without it EKS chooses"
        ],
    ),
    # Choices
    "an unknown EKS version": (
        {"karpenter: {}": "cluster: {version: '1.29'}\nkarpenter: {}"},
        [f"platform.yaml:10:20: cluster.version: {VERSIONS}, got '1.29'"],
    ),
    "a choice misspelled": (
        {"    max_size: 4": "    max_size: 4\n    capacity_type: spot"},
        [
            "platform.yaml:10:20: node_groups.system.capacity_type: must be one of 'ON_DEMAND', 'SPOT', got "
            "'spot'; did you mean 'SPOT'?"
        ],
    ),
    "a NAT that is no choice": (
        {"vpc:": "vpc:\n  nat_gateways: per-az"},
        [
            "platform.yaml:4:17: vpc.nat_gateways: must be one of 'single', 'per_az', 'none', got 'per-az'; did "
            "you mean 'per_az'?"
        ],
    ),
    "a retention that CloudWatch has not": (
        {"etl: {}": "etl: {log_retention_days: 31}"},
        [
            "platform.yaml:12:29: teams.etl.log_retention_days: must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, "
            "150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, got 31"
        ],
    ),
    "an unknown backend": (
        {"": "state: {backend: gcs}\n"},
        ["platform.yaml:13:18: state.backend: must be one of 'local', 's3', got 'gcs'"],
    ),
    "a state without its backend": (
        {"": "state: {bucket: my-states, region: eu-west-1}\n"},
        ["platform.yaml:13:1: state.backend: is required; add one of 'local', 's3'"],
    ),
    "an S3 state without a bucket": (
        {"": "state: {backend: s3, region: eu-west-1}\n"},
        [
            "platform.yaml:13:1: state.bucket: is required (A bucket that is there already, with versioning on); "
            "add for example 'bucket: my-terraform-states'"
        ],
    ),
    "a key prefix with a space": (
        {"": "state: {backend: s3, bucket: my-states, region: eu-west-1, key_prefix: my states}\n"},
        [
            "platform.yaml:13:72: state.key_prefix: must be the beginning of an S3 key: ASCII letters, digits "
            "and the characters !_.*'()/-, got 'my states'; for example 'emr-eks'"
        ],
    ),
    "an unknown log": (
        {"karpenter: {}": "cluster: {logs: [api, audits]}\nkarpenter: {}"},
        [
            "platform.yaml:10:23: cluster.logs[1]: must be one of 'api', 'audit', 'authenticator', "
            "'controllerManager', 'scheduler', got 'audits'; did you mean 'audit'?"
        ],
    ),
    # Nodes
    "more I/O than a disk of this size can have": (
        {"    max_size: 4": "    max_size: 4\n    disk_size_gib: 20\n    disk_iops: 16000"},
        [
            "platform.yaml:11:16: node_groups.system.disk_iops: must be at most 500 a GiB, 10000 for 20 GiB, got 16000",
        ],
    ),
    "more throughput than a disk's I/O carries": (
        {"    max_size: 4": "    max_size: 4\n    disk_throughput_mibps: 1000"},
        [
            "platform.yaml:10:28: node_groups.system.disk_throughput_mibps: must be at most a quarter of disk_iops, "
            "750 for 3000, got 1000; write disk_iops: 4000, or lower it",
        ],
    ),
    "RAID without disks": (
        {"    max_size: 4": "    max_size: 4\n    instance_store_policy: RAID0"},
        [
            "platform.yaml:10:28: node_groups.system.instance_store_policy: needs an instance type that brings NVMe "
            "disks, got 'RAID0'; for example one with a 'd', such as m6id.xlarge"
        ],
    ),
    "user data that nobody can read": (
        {"    max_size: 4": "    max_size: 4\n    user_data: [yum install -y htop]"},
        [
            "platform.yaml:10:17: node_groups.system.user_data[0]: must begin with '#!', '#cloud-config' or "
            "'apiVersion: node.eks.aws/', got 'yum install -y htop'; a shell script, for example, begins with "
            "'#!/bin/bash'"
        ],
    ),
    "user data beyond EC2's limit": (
        {"    max_size: 4": f"    max_size: 4\n    user_data: ['#!{'x' * 12288}']"},
        [
            "platform.yaml:10:16: node_groups.system.user_data: must be at most 12288 bytes together, got 12428; fetch "
            "what is longer from S3"
        ],
    ),
    "GPU drivers without GPUs": (
        {"    max_size: 4": "    max_size: 4\n    ami: nvidia"},
        [
            "platform.yaml:7:22: node_groups.system.instance_types[0]: must have the devices that the AMI 'nvidia' is "
            "for, got 'm6i.large'; choose another type, or leave `ami` out"
        ],
    ),
    "an image that is not made": (
        {"m6i.large": "c6g.large", "    max_size: 4": "    max_size: 4\n    architecture: arm64\n    ami: neuron"},
        [
            "platform.yaml:7:22: node_groups.system.instance_types[0]: must have the devices that the AMI 'neuron' is "
            "for, got 'c6g.large'; choose another type, or leave `ami` out",
            "platform.yaml:11:10: node_groups.system.ami: is not made for arm64, got 'neuron'; choose x86_64",
        ],
    ),
    "nodes that Cluster Autoscaler would take for equal": (
        {"[m6i.large]": "[m6i.large, r6i.large, c6i.xlarge]", "": "cluster_autoscaler: {}\n"},
        [
            "platform.yaml:7:21: node_groups.system.instance_types: must all have the same vCPUs and memory for "
            "Cluster Autoscaler, which takes each for the first and so starts too many nodes or ones too small, got "
            "'m6i.large with 2 vCPU and 8 GiB, r6i.large with 2 vCPU and 16 GiB, c6i.xlarge …; give each "
            "shape a group of its own, as `node_group_families` does"
        ],
    ),
    "groups chosen by prices, which the controller does not know in AWS": (
        {"": "cluster_autoscaler:\n  expander: price\n"},
        [
            "platform.yaml:14:13: cluster_autoscaler.expander: must be one of 'least-waste', 'most-pods', 'priority', "
            "'random', got 'price'"
        ],
    ),
    "a handler of node endings without groups": (
        {"": "node_termination_handler: {}\n"},
        [
            "platform.yaml:13:1: node_termination_handler.autoscaling_groups: is required (The groups, by name; "
            "they must be there, and each gets a hook and a tag); add for example 'autoscaling_groups: [batch-"
            "gpu]'",
        ],
    ),
    "a handler of the endings of no group": (
        {"": "node_termination_handler: {autoscaling_groups: []}\n"},
        [
            "platform.yaml:13:48: node_termination_handler.autoscaling_groups: must have at least 1 entry, got []",
        ],
    ),
    "groups whose nodes others drain": (
        {
            "": "node_termination_handler:\n  autoscaling_groups:\n"
            "    - eks-spot-1ac7b2a4-0c6b-5d0a-9a5e-3f9a1c0b7d11\n    - gpu\n    - 'gpu:a'\n    - gpu\n"
        },
        [
            "platform.yaml:15:7: node_termination_handler.autoscaling_groups[0]: must not be that of a managed "
            "node group, whose nodes EKS drains itself, got 'eks-spot-1ac7b2a4-0c6b-5d0a-9a5e-3f9a1c0b7d11'; "
            "remove it",
            "platform.yaml:17:7: node_termination_handler.autoscaling_groups[2]: must be the name of an auto-"
            "scaling group: at most 255 letters, digits and the characters _+=,.@/-, got 'gpu:a'; for example "
            "'batch-gpu'",
            "platform.yaml:18:7: node_termination_handler.autoscaling_groups[3]: is given twice, got 'gpu'",
        ],
    ),
    "a handler that waits for hours": (
        {"": "node_termination_handler: {autoscaling_groups: [gpu], drain_seconds: 10000}\n"},
        [
            "platform.yaml:13:70: node_termination_handler.drain_seconds: must be at most 7200, got 10000",
        ],
    ),
    "a handler on a cluster of others": (
        {
            NETWORK + NODES: "existing_cluster: {name: shared}\n",
            "": "node_termination_handler: {autoscaling_groups: [gpu]}\n",
        },
        [
            "platform.yaml:7:27: node_termination_handler: must not stand beside `existing_cluster`, whose nodes "
            "are its own",
        ],
    ),
    "a CoreDNS that cannot grow": (
        {"karpenter: {}": "cluster: {coredns_autoscaling: {min_replicas: 4, max_replicas: 3}}\nkarpenter: {}"},
        [
            "platform.yaml:10:47: cluster.coredns_autoscaling.min_replicas: must be at most max_replicas, which "
            "is 3, got 4",
        ],
    ),
    "one CoreDNS": (
        {"karpenter: {}": "cluster: {coredns_autoscaling: {min_replicas: 1, max_replicas: 1001}}\nkarpenter: {}"},
        [
            "platform.yaml:10:47: cluster.coredns_autoscaling.min_replicas: must be at least 2, got 1",
            "platform.yaml:10:64: cluster.coredns_autoscaling.max_replicas: must be at most 1000, got 1001",
        ],
    ),
    "a CoreDNS that is told twice how often it runs": (
        {
            "karpenter: {}": "cluster:\n  coredns_autoscaling: {}\n  addons:\n    coredns:\n"
            "      version: v1.11.1-eksbuild.4\n"
            "      configuration: {replicaCount: 3, autoScaling: {enabled: false}}\nkarpenter: {}"
        },
        [
            "platform.yaml:14:16: cluster.addons.coredns.version: must be at least v1.11.1-eksbuild.9 to be "
            "scaled by EKS, got 'v1.11.1-eksbuild.4'; leave it out, and EKS chooses",
            "platform.yaml:15:37: cluster.addons.coredns.configuration.replicaCount: must not stand beside "
            "coredns_autoscaling, which says how many copies there are, got 3; keep one of the two",
            "platform.yaml:15:53: cluster.addons.coredns.configuration.autoScaling: must not stand beside "
            "coredns_autoscaling, which says how many copies there are, got {'enabled': false}; keep one of the "
            "two",
        ],
    ),
    "a family of nodes that gives no type": (
        {"": FAMILY.replace("[m5, m5d]", "[m5, m55]").replace("[xlarge]", "[xlarge, 9xlarge]")},
        [
            "platform.yaml:15:29: node_group_families.ca.instance_families[1]: gives no instance type known on "
            f"{catalogue().date} together with the sizes named here, got 'm55'; remove it, or write a node group "
            "of its own under `node_groups`",
            "platform.yaml:16:30: node_group_families.ca.instance_sizes[1]: gives no instance type known on "
            f"{catalogue().date} together with the families named here, got '9xlarge'; remove it, or write a node "
            "group of its own under `node_groups`",
        ],
    ),
    "a family of nodes of two architectures": (
        {"": FAMILY.replace("[m5, m5d]", "[m5, m6g]")},
        [
            "platform.yaml:15:29: node_group_families.ca.instance_families[1]: must be of the architecture x86_64, not "
            "arm64, got 'm6g.xlarge'; choose another family, or write architecture: arm64"
        ],
    ),
    "a family of nodes that names things twice": (
        {"": FAMILY.replace("[m5, m5d]", "[m5, m5]")},
        [
            "platform.yaml:15:24: node_group_families.ca.instance_families: must name each once, got ['m5', 'm5']; "
            "remove the repeated ones"
        ],
    ),
    "a family's RAID without disks": (
        {"": FAMILY.replace("[m5, m5d]", "[m5]") + "    instance_store_policy: RAID0\n"},
        [
            "platform.yaml:19:28: node_group_families.ca.instance_store_policy: needs an instance family that brings "
            "NVMe disks, got 'RAID0'; for example one with a 'd', such as m6id"
        ],
    ),
    "a family that gives the name of a group": (
        {"  system:": "  ca-spot:", "": FAMILY},
        [
            "platform.yaml:15:5: node_group_families.ca: must not give a name that another node group or a node pool "
            "has, because teams go by it, got 'ca-spot'; rename one of the two"
        ],
    ),
    "a family in a zone without subnets": (
        {"": f"{FAMILY}    availability_zones: [eu-west-1c]\n"},
        [
            "platform.yaml:19:26: node_group_families.ca.availability_zones[0]: must be one of the network's zones "
            "eu-west-1a, eu-west-1b, got 'eu-west-1c'; choose one of these, or add the zone to the network"
        ],
    ),
    "a team on a family's shape that is not there": (
        {"etl: {}": "etl: {executor_pool: ca-spot-4vcpu-8gib}", "": FAMILY},
        [
            "platform.yaml:12:24: teams.etl.executor_pool: must be a node pool or a node group, got "
            "'ca-spot-4vcpu-8gib'; did you mean 'ca-spot-4vcpu-16gib'?"
        ],
    ),
    "a feature that Karpenter has not yet": (
        {"karpenter: {}": "cluster: {version: '1.34'}\nkarpenter: {version: 1.7.4, static_capacity: true}"},
        [
            "platform.yaml:11:46: karpenter.static_capacity: needs Karpenter 1.8 or newer, got '1.7.4'; leave it out, "
            "or raise `version`"
        ],
    ),
    "a folder from the root": (
        {"karpenter: {}": "karpenter: {provisioners: /etc}"},
        [
            "platform.yaml:10:27: karpenter.provisioners: must be the path of a folder, relative to this file's, got "
            "'/etc'; for example 'provisioners/prod'"
        ],
    ),
    # Networks
    "one zone": (
        {"[eu-west-1a, eu-west-1b]": "[eu-west-1a]"},
        ["platform.yaml:4:23: vpc.availability_zones: must have at least 2 entries, got ['eu-west-1a']"],
    ),
    "no zones": (
        {"[eu-west-1a, eu-west-1b]": "[]"},
        ["platform.yaml:4:23: vpc.availability_zones: must have at least 2 entries, got []"],
    ),
    "seven zones": (
        {"[eu-west-1a, eu-west-1b]": f"[{', '.join(f'eu-west-1{letter}' for letter in 'abcdefg')}]"},
        [
            "platform.yaml:4:23: vpc.availability_zones: must have at most 6 entries, got ['eu-west-1a', "
            "'eu-west-1b', 'eu-west-1c', 'eu-west-1d', 'eu-west-1e', 'eu-west…"
        ],
    ),
    "a zone twice": (
        {"eu-west-1b": "eu-west-1a"},
        [
            "platform.yaml:4:23: vpc.availability_zones: must name each zone once, got ['eu-west-1a', "
            "'eu-west-1a']; remove the repeated ones"
        ],
    ),
    "a local zone": (
        {"eu-west-1b": "us-west-2-lax-1a"},
        [f"platform.yaml:4:36: vpc.availability_zones[1]: {ZONE}, got 'us-west-2-lax-1a'; {ZONE_HINT}"],
    ),
    "zones of two regions": (
        {"eu-west-1b": "eu-west-2b"},
        [
            "platform.yaml:4:23: vpc.availability_zones: must be zones of one region, got ['eu-west-1a', "
            "'eu-west-2b']; a VPC lies in one region"
        ],
    ),
    "zones of another region": (
        {"[eu-west-1a, eu-west-1b]": "[us-east-1a, us-east-1b]"},
        [
            "platform.yaml:4:23: vpc.availability_zones: must lie in the platform's region eu-west-1, got "
            "['us-east-1a', 'us-east-1b']; change the zones or the region"
        ],
    ),
    "a zone without its letter": (
        {"eu-west-1b": "eu-west-1"},
        [f"platform.yaml:4:36: vpc.availability_zones[1]: {ZONE}, got 'eu-west-1'; {ZONE_HINT}"],
    ),
    "no network": (
        {NETWORK: ""},
        ["platform.yaml:1:1: needs a network; add `vpc:` to build one or `existing_vpc:` to use one"],
    ),
    "no network, and a mistake elsewhere": (
        {NETWORK: "", "min_size: 2": "min_size: two"},
        [
            "platform.yaml:1:1: needs a network; add `vpc:` to build one or `existing_vpc:` to use one",
            "platform.yaml:6:15: node_groups.system.min_size: must be a whole number, got 'two'",
        ],
    ),
    "a network with host bits": (
        {"vpc:": "vpc:\n  cidr: 10.0.0.1/16"},
        [
            "platform.yaml:4:9: vpc.cidr: must be an IPv4 network in CIDR notation, got '10.0.0.1/16'; did you "
            "mean '10.0.0.0/16'?"
        ],
    ),
    "a network too large": (
        {"vpc:": "vpc:\n  cidr: 10.0.0.0/8"},
        [
            "platform.yaml:4:9: vpc.cidr: must be an IPv4 network from /16 to /28, got '10.0.0.0/8'; for example "
            "'10.0.0.0/16'"
        ],
    ),
    "a network too small": (
        {"vpc:": "vpc:\n  cidr: 10.0.0.0/24"},
        [
            "platform.yaml:3:1: vpc.public_subnets: leaves no block of /28 or larger for eu-west-1a, eu-west-1b "
            f"in 10.0.0.0/24, got {{'newbits': 6, 'first': 56}}; {ROOM_HINT}"
        ],
    ),
    "an IPv6 network": (
        {"vpc:": "vpc:\n  cidr: fd00::/56"},
        [
            "platform.yaml:4:9: vpc.cidr: must be an IPv4 network in CIDR notation, got 'fd00::/56'; for example "
            "'10.0.0.0/16'"
        ],
    ),
    "subnets that overlap": (
        {"vpc:": "vpc:\n  public_subnets: {newbits: 6, first: 8}"},
        [
            "platform.yaml:4:19: vpc.public_subnets: gives eu-west-1a 10.0.32.0/22, which overlaps the private "
            f"10.0.32.0/19 of eu-west-1b, got {{'newbits': 6, 'first': 8}}; {ROOM_HINT}"
        ],
    ),
    "subnets outside the network": (
        {"vpc:": "vpc:\n  public_subnets: {newbits: 3, first: 7}"},
        [
            "platform.yaml:4:19: vpc.public_subnets: leaves no block of /28 or larger for eu-west-1b in "
            f"10.0.0.0/16, got {{'newbits': 3, 'first': 7}}; {ROOM_HINT}"
        ],
    ),
    "pods within the network": (
        {"vpc:": "vpc:\n  pod_cidr: 10.0.128.0/17"},
        [
            "platform.yaml:4:13: vpc.pod_cidr: must not overlap the VPC's own 10.0.0.0/16, got '10.0.128.0/17'; "
            "for example '100.64.0.0/16'"
        ],
    ),
    "pods in another private network": (
        {"vpc:": "vpc:\n  pod_cidr: 172.20.0.0/16"},
        [
            "platform.yaml:4:13: vpc.pod_cidr: must be a network that AWS lets a VPC of 10.0.0.0/16 add, got "
            "'172.20.0.0/16'; for example '100.64.0.0/16'"
        ],
    ),
    "pods without room": (
        {"vpc:": "vpc:\n  pod_cidr: 100.64.0.0/28"},
        [
            "platform.yaml:4:13: vpc.pod_cidr: leaves no block of /28 or larger for eu-west-1a, eu-west-1b in "
            "100.64.0.0/28, got '100.64.0.0/28'; choose a larger network"
        ],
    ),
    "no NAT and no S3": (
        {"vpc:": "vpc:\n  nat_gateways: none\n  gateway_endpoints: []"},
        [
            "platform.yaml:5:22: vpc.gateway_endpoints: must hold 's3' where there is no NAT gateway, because "
            "images come from S3, got []; add s3"
        ],
    ),
    "an endpoint's whole name": (
        {"vpc:": "vpc:\n  interface_endpoints: [com.amazonaws.eu-west-1.sts, STS]"},
        [
            f"platform.yaml:4:25: vpc.interface_endpoints[0]: {SERVICE}, got 'com.amazonaws.eu-west-1.sts'; "
            f"{SERVICE_HINT}",
            f"platform.yaml:4:54: vpc.interface_endpoints[1]: {SERVICE}, got 'STS'; {SERVICE_HINT}",
        ],
    ),
    "services within the network": (
        {"karpenter: {}": "cluster: {service_ipv4_cidr: 10.0.64.0/20}\nkarpenter: {}"},
        [
            "platform.yaml:10:30: cluster.service_ipv4_cidr: must not overlap the VPC's 10.0.0.0/16, got "
            "'10.0.64.0/20'; choose addresses that no network of yours has"
        ],
    ),
    "services on the internet": (
        {"karpenter: {}": "cluster: {service_ipv4_cidr: 100.64.0.0/16}\nkarpenter: {}"},
        [
            "platform.yaml:10:30: cluster.service_ipv4_cidr: must be a network from /12 to /24 within "
            "10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, got '100.64.0.0/16'; for example '172.20.0.0/16'"
        ],
    ),
    "an API server open to everyone": (
        {"karpenter: {}": "cluster: {public_access_cidrs: [0.0.0.0/0]}\nkarpenter: {}"},
        [f"platform.yaml:10:32: cluster.public_access_cidrs: {NOT_EVERYONE}, got ['0.0.0.0/0']; {PRIVATELY}"],
    ),
    "an API server open to everyone in two halves": (
        {"karpenter: {}": "cluster: {public_access_cidrs: [0.0.0.0/1, 128.0.0.0/1]}\nkarpenter: {}"},
        [
            f"platform.yaml:10:32: cluster.public_access_cidrs: {NOT_EVERYONE}, got ['0.0.0.0/1', '128.0.0.0/1']; "
            f"{PRIVATELY}"
        ],
    ),
    "a private network for a public endpoint": (
        {"karpenter: {}": "cluster: {public_access_cidrs: [10.0.0.0/8]}\nkarpenter: {}"},
        [
            "platform.yaml:10:33: cluster.public_access_cidrs[0]: must be a network of the internet: private "
            "addresses never reach the public endpoint, got '10.0.0.0/8'; name the addresses that your network "
            "goes out with"
        ],
    ),
    "two networks": (
        {"": f"{VPC}  private_subnets: {{eu-west-1a: {SUBNET}, eu-west-1b: subnet-0123456789abcdef1}}\n"},
        ["platform.yaml:14:3: existing_vpc: must not stand beside `vpc`; keep one of the two"],
    ),
    "an existing VPC's ids": (
        {
            NETWORK: f"existing_vpc:\n  vpc_id: my-vpc\n"
            f"  private_subnets: {{eu-west-1a: {SUBNET}, eu-west-1b: private-b}}\n"
        },
        [
            "platform.yaml:4:11: existing_vpc.vpc_id: must be the id of a VPC, got 'my-vpc'; for example "
            "'vpc-0123456789abcdef0'",
            "platform.yaml:5:71: existing_vpc.private_subnets.eu-west-1b: must be the id of a subnet, got "
            "'private-b'; for example 'subnet-0123456789abcdef0'",
        ],
    ),
    "an existing VPC with one subnet for two zones": (
        {NETWORK: f"{VPC}  private_subnets:\n    eu-west-1a: {SUBNET}\n    eu-west-1b: {SUBNET}\n"},
        [
            "platform.yaml:7:17: existing_vpc.private_subnets.eu-west-1b: must not be the subnet of eu-west-1a "
            "too, because a subnet lies in one zone, got 'subnet-0123456789abcdef0'; name the subnet of this zone"
        ],
    ),
    "an existing VPC with subnets in a list": (
        {NETWORK: f"{VPC}  private_subnets: [{SUBNET}]\n"},
        ["platform.yaml:5:20: existing_vpc.private_subnets: must be a mapping, got a list"],
    ),
    "a cluster to build and one to use": (
        {NETWORK: "existing_cluster: {name: shared}\ncluster: {version: '1.35'}\n"},
        [
            "platform.yaml:4:10: cluster: must not stand beside `existing_cluster`, which has its own; keep one "
            "of the two",
            "platform.yaml:6:3: node_groups: must not stand beside `existing_cluster`, which has its own; keep "
            "one of the two",
        ],
    ),
    # The cluster and keys
    "a principal that is a session": (
        {
            "karpenter: {}": "karpenter: {}\ncluster:\n  access:\n"
            "    ops: {principal_arn: 'arn:aws:sts::123456789012:assumed-role/ops/me', policy: AmazonEKSViewPolicy}"
        },
        [
            "platform.yaml:13:26: cluster.access.ops.principal_arn: must be the ARN of an IAM role or user, got "
            "'arn:aws:sts::123456789012:assumed-role/ops/me'; for example 'arn:aws:iam::123456789012:role/admin'"
        ],
    ),
    "an entry without its policy": (
        {"karpenter: {}": f"karpenter: {{}}\ncluster:\n  access:\n    ops: {{principal_arn: '{ROLE_ARN}'}}"},
        [
            "platform.yaml:13:5: cluster.access.ops.policy: is required (The EKS access policy that says what "
            "the principal may do); add for example 'policy: AmazonEKSViewPolicy'"
        ],
    ),
    "a principal twice": (
        {
            "karpenter: {}": "karpenter: {}\ncluster:\n  access:\n"
            f"    dev: {{principal_arn: '{ROLE_ARN}', policy: AmazonEKSViewPolicy}}\n"
            f"    ops: {{principal_arn: '{ROLE_ARN}', policy: AmazonEKSAdminPolicy}}"
        },
        [
            "platform.yaml:14:26: cluster.access.ops.principal_arn: must not be that of 'dev' too, because EKS "
            f"has one entry a principal, got '{ROLE_ARN}'; remove one of the two"
        ],
    ),
    "a key's alias": (
        {"": "bucket: {kms_key_arn: alias/data}\n"},
        [
            "platform.yaml:13:23: bucket.kms_key_arn: must be the ARN of a KMS key, not of an alias, got "
            f"'alias/data'; for example 'arn:aws:kms:eu-west-1:123456789012:key/{KEY}'"
        ],
    ),
    "a key of another region": (
        {"": f"bucket: {{kms_key_arn: 'arn:aws:kms:us-east-1:123456789012:key/{KEY}'}}\n"},
        [
            "platform.yaml:13:23: bucket.kms_key_arn: must be a key in the platform's region eu-west-1, got "
            f"'arn:aws:kms:us-east-1:123456789012:key/{KEY}'; KMS keys work in their own region only"
        ],
    ),
    "ARNs of other partitions": (
        {
            "karpenter: {}": "karpenter: {}\ncluster:\n  access:\n"
            "    ops: {principal_arn: 'arn:aws-cn:iam::123456789012:role/ops', policy: AmazonEKSViewPolicy}",
            "etl: {}": "etl:\n    job_role:\n"
            "      read_buckets: ['arn:aws:s3:::raw', 'arn:aws-us-gov:s3:::raw']\n"
            "      policy_arns: ['arn:aws-cn:iam::aws:policy/AmazonAthenaFullAccess']\n"
            "      statements: [{actions: ['sqs:SendMessage'], resources: ['arn:aws-iso:sqs:*:*:q']}]",
            "": f"bucket: {{kms_key_arn: 'arn:aws-cn:kms:eu-west-1:123456789012:key/{KEY}'}}\n",
        },
        [
            f"platform.yaml:{place}: {path}: {PARTITION}, got '{arn}'; begin it with arn:aws:"
            for place, path, arn in (
                ("13:26", "cluster.access.ops.principal_arn", "arn:aws-cn:iam::123456789012:role/ops"),
                ("17:42", "teams.etl.job_role.read_buckets[1]", "arn:aws-us-gov:s3:::raw"),
                ("18:21", "teams.etl.job_role.policy_arns[0]", "arn:aws-cn:iam::aws:policy/AmazonAthenaFullAccess"),
                ("19:63", "teams.etl.job_role.statements[0].resources[0]", "arn:aws-iso:sqs:*:*:q"),
                ("20:23", "bucket.kms_key_arn", f"arn:aws-cn:kms:eu-west-1:123456789012:key/{KEY}"),
            )
        ],
    ),
    "a state's key of another region": (
        {
            "": "state:\n  backend: s3\n  bucket: my-states\n  region: eu-west-1\n  kms_key_id: "
            f"arn:aws:kms:us-east-1:123456789012:key/{KEY}\n"
        },
        [
            "platform.yaml:17:15: state.kms_key_id: must be a key in the bucket's region eu-west-1, got "
            f"'arn:aws:kms:us-east-1:123456789012:key/{KEY}'; KMS keys work in their own region only"
        ],
    ),
    # Node groups
    "more nodes at least than at most": (
        {"min_size: 2": "min_size: 6"},
        [
            "platform.yaml:8:15: node_groups.system.min_size: must be at most max_size, which is 4, got 6; lower "
            "it, or raise max_size"
        ],
    ),
    "more nodes desired than at most": (
        {"    max_size: 4": "    max_size: 4\n    desired_size: 5"},
        [
            "platform.yaml:10:19: node_groups.system.desired_size: must be from min_size 2 to max_size 4, got 5; "
            "leave it out to start with min_size"
        ],
    ),
    "fewer nodes desired than at least": (
        {"    max_size: 4": "    max_size: 4\n    desired_size: 1"},
        [
            "platform.yaml:10:19: node_groups.system.desired_size: must be from min_size 2 to max_size 4, got 1; "
            "leave it out to start with min_size"
        ],
    ),
    "fewer than no nodes": (
        {"min_size: 2": "min_size: -1"},
        ["platform.yaml:8:15: node_groups.system.min_size: must be at least 0, got -1"],
    ),
    "too many nodes": (
        {"max_size: 4": "max_size: 451"},
        ["platform.yaml:9:15: node_groups.system.max_size: must be at most 450, got 451"],
    ),
    "no instance types": (
        {"[m6i.large]": "[]"},
        ["platform.yaml:7:21: node_groups.system.instance_types: must have at least 1 entry, got []"],
    ),
    "an instance type without a size": (
        {"[m6i.large]": "[m6i]"},
        [
            "platform.yaml:7:22: node_groups.system.instance_types[0]: must be an EC2 instance type, got 'm6i'; "
            "for example 'm6i.xlarge'"
        ],
    ),
    "an instance type twice": (
        {"[m6i.large]": "[m6i.large, m5.large, m6i.large]"},
        [
            "platform.yaml:7:21: node_groups.system.instance_types: must name each type once, got ['m6i.large', "
            "'m5.large', 'm6i.large']; remove the repeated ones"
        ],
    ),
    "Graviton instances under an x86 image": (
        {"[m6i.large]": "[m6i.large, m6g.large]"},
        [
            "platform.yaml:7:33: node_groups.system.instance_types[1]: must be of the group's architecture, "
            "x86_64, not arm64, got 'm6g.large'; choose another type, or write architecture: arm64"
        ],
    ),
    "x86 instances under a Graviton image": (
        {"    max_size: 4": "    max_size: 4\n    architecture: arm64"},
        [
            "platform.yaml:7:22: node_groups.system.instance_types[0]: must be of the group's architecture, "
            "arm64, not x86_64, got 'm6i.large'; choose another type, or write architecture: x86_64"
        ],
    ),
    "an architecture in Kubernetes' spelling": (
        {"    max_size: 4": "    max_size: 4\n    architecture: amd64"},
        [
            "platform.yaml:10:19: node_groups.system.architecture: must be one of 'x86_64', 'arm64', got "
            "'amd64'; did you mean 'x86_64'?"
        ],
    ),
    "a disk too small": (
        {"    max_size: 4": "    max_size: 4\n    disk_size_gib: 8"},
        ["platform.yaml:10:20: node_groups.system.disk_size_gib: must be at least 20, got 8"],
    ),
    "a label with a space": (
        {"    max_size: 4": "    max_size: 4\n    labels: {team: data engineering}"},
        [
            "platform.yaml:10:20: node_groups.system.labels.team: must be the value of a Kubernetes label: at "
            "most 63 letters, digits, hyphens, underscores and dots, with a letter or digit at each end, got "
            "'data engineering'; for example 'data-engineering'"
        ],
    ),
    "a label that is a number": (
        {"    max_size: 4": "    max_size: 4\n    labels: {tier: 1}"},
        ["platform.yaml:10:20: node_groups.system.labels.tier: must be text, got 1; put it in quotes"],
    ),
    "a label of Kubernetes": (
        {"    max_size: 4": "    max_size: 4\n    labels: {node-role.kubernetes.io/spark: 'true'}"},
        [
            'platform.yaml:10:45: node_groups.system.labels["node-role.kubernetes.io/spark"]: must not be in '
            "the domain node-role.kubernetes.io, which is reserved, got 'true'; choose a domain of your own, for "
            "example 'example.com/tier'"
        ],
    ),
    "a label of ours": (
        {"    max_size: 4": "    max_size: 4\n    labels: {emr-eks/node-group: other}"},
        [
            'platform.yaml:10:34: node_groups.system.labels["emr-eks/node-group"]: must not be in the domain '
            "emr-eks, which is reserved, got 'other'; choose a domain of your own, for example 'example.com/tier'"
        ],
    ),
    "a taint in Kubernetes' spelling": (
        {"    max_size: 4": "    max_size: 4\n    taints: [{key: spark, effect: NoSchedule}]"},
        [
            "platform.yaml:10:35: node_groups.system.taints[0].effect: must be one of 'NO_SCHEDULE', "
            "'NO_EXECUTE', 'PREFER_NO_SCHEDULE', got 'NoSchedule'; did you mean 'NO_SCHEDULE'?"
        ],
    ),
    "a taint without its effect": (
        {"    max_size: 4": "    max_size: 4\n    taints: [{key: spark}]"},
        [
            "platform.yaml:10:14: node_groups.system.taints[0].effect: is required (What happens to pods that do "
            "not tolerate the taint); add for example 'effect: NO_SCHEDULE'"
        ],
    ),
    "a taint twice": (
        {
            "    max_size: 4": "    max_size: 4\n"
            "    taints: [{key: spark, effect: NO_SCHEDULE}, {key: spark, value: a, effect: NO_SCHEDULE}]"
        },
        [
            "platform.yaml:10:49: node_groups.system.taints[1]: must differ from taints[0] in key or effect, got "
            "'spark:NO_SCHEDULE'; remove one of the two"
        ],
    ),
    "a group in a zone without a network": (
        {"    max_size: 4": "    max_size: 4\n    availability_zones: [eu-west-1c]"},
        [
            "platform.yaml:10:26: node_groups.system.availability_zones[0]: must be one of the network's zones "
            "eu-west-1a, eu-west-1b, got 'eu-west-1c'; choose one of these, or add the zone to the network"
        ],
    ),
    "a control plane in one zone": (
        {"karpenter: {}": "cluster: {availability_zones: [eu-west-1a, eu-west-1a]}\nkarpenter: {}"},
        [
            "platform.yaml:10:31: cluster.availability_zones: must be at least two zones, as EKS asks for, got "
            "['eu-west-1a', 'eu-west-1a']; add another, or leave it out for all zones of the network"
        ],
    ),
    "a control plane in a zone without a network": (
        {"karpenter: {}": "cluster: {availability_zones: [eu-west-1a, eu-west-1c]}\nkarpenter: {}"},
        [
            "platform.yaml:10:44: cluster.availability_zones[1]: must be one of the network's zones eu-west-1a, "
            "eu-west-1b, got 'eu-west-1c'; choose one of these, or add the zone to the network"
        ],
    ),
    # Karpenter
    "a Karpenter too old for Kubernetes": (
        {"karpenter: {}": "karpenter: {version: 1.8.0}"},
        [
            "platform.yaml:10:22: karpenter.version: must be at least 1.9.0 for Kubernetes 1.35, got '1.8.0'; "
            "leave it out to get 1.14.1"
        ],
    ),
    "a Karpenter before 1.0": (
        {"karpenter: {}": "karpenter: {version: v0.37.0}"},
        [
            "platform.yaml:10:22: karpenter.version: must be a release of Karpenter 1.x, written in full, got "
            "'v0.37.0'; for example '1.14.1'; older ones run on no Kubernetes that EKS still has, and `emr-eks "
            "provisioners convert` turns their Provisioners into node pools"
        ],
    ),
    "a Karpenter in two numbers": (
        {"karpenter: {}": "karpenter: {version: 1.14}"},
        ["platform.yaml:10:22: karpenter.version: must be text, got 1.14; put it in quotes"],
    ),
    "a Karpenter zone without a network": (
        {"karpenter: {}": "karpenter: {availability_zone: eu-west-1c}"},
        [
            "platform.yaml:10:32: karpenter.availability_zone: must be one of the network's zones eu-west-1a, "
            "eu-west-1b, got 'eu-west-1c'; choose one of these, or add the zone to the network"
        ],
    ),
    "no time to wait": (
        {"karpenter: {}": "karpenter: {batch_idle_duration: 5}"},
        ["platform.yaml:10:34: karpenter.batch_idle_duration: must be text, got 5; put it in quotes"],
    ),
    "an odd time to wait": (
        {"karpenter: {}": "karpenter: {batch_idle_duration: 5 sec}"},
        [
            "platform.yaml:10:34: karpenter.batch_idle_duration: must be a length of time in minutes, seconds or "
            "milliseconds, got '5 sec'; for example '10s'"
        ],
    ),
    "one node for Karpenter": (
        {"min_size: 2": "min_size: 1"},
        [
            "platform.yaml:6:3: node_groups: must keep at least 2 nodes (min_size) for Karpenter's controller, "
            "which runs on no node of its own and on none with a taint, got 1; raise min_size, or add a node "
            "group of two small on-demand nodes"
        ],
    ),
    "nodes that Karpenter's controller may not use": (
        {
            "min_size: 2\n    max_size: 4\n": "min_size: 1\n    max_size: 4\n  spark:\n    instance_types: [m5.large]\n"
            "    min_size: 4\n    max_size: 4\n    taints: [{key: a, effect: NO_SCHEDULE}]\n"
        },
        [
            "platform.yaml:6:3: node_groups: must keep at least 2 nodes (min_size) for Karpenter's controller, "
            "which runs on no node of its own and on none with a taint, got 1; raise min_size, or add a node group of "
            "two small on-demand nodes"
        ],
    ),
    "no nodes for Karpenter": (
        {NODES: ""},
        [
            "platform.yaml:1:1: node_groups: must keep at least 2 nodes (min_size) for Karpenter's controller, "
            "which runs on no node of its own and on none with a taint, got 0; raise min_size, or add a node "
            "group of two small on-demand nodes"
        ],
    ),
    "a word for Karpenter": (
        {"karpenter: {}": "karpenter: enabled"},
        ["platform.yaml:10:12: karpenter: must be a mapping, got 'enabled'"],
    ),
    # Teams
    "two teams in one namespace": (
        {"etl: {}": "etl: {namespace: spark}\n  bi: {namespace: spark}"},
        [
            "platform.yaml:12:20: teams.etl.namespace: must not be team bi's too, because EMR takes one virtual "
            f"cluster a namespace, got 'spark'; {NAMESPACE_HINT}"
        ],
    ),
    "a team in another's namespace": (
        {"etl: {}": "etl: {}\n  bi: {namespace: etl}"},
        [
            "platform.yaml:12:3: teams.etl.namespace: must not be team bi's too, because EMR takes one virtual "
            f"cluster a namespace, got 'etl'; {NAMESPACE_HINT}"
        ],
    ),
    "a team in a namespace of Kubernetes": (
        {"etl: {}": "etl: {namespace: kube-system}"},
        [
            "platform.yaml:12:20: teams.etl.namespace: must not be a namespace of Kubernetes itself, got "
            f"'kube-system'; {NAMESPACE_HINT}"
        ],
    ),
    "a team named like a namespace of Kubernetes": (
        {"etl: {}": "default: {}"},
        [
            "platform.yaml:12:3: teams.default.namespace: must not be a namespace of Kubernetes itself, got "
            f"'default'; {NAMESPACE_HINT}"
        ],
    ),
    "a team in Karpenter's namespace": (
        {"karpenter: {}": "karpenter: {namespace: etl}"},
        [
            "platform.yaml:12:3: teams.etl.namespace: must not be the namespace of Karpenter's controller, got "
            f"'etl'; {NAMESPACE_HINT}"
        ],
    ),
    "a team in the namespace of Container Insights": (
        {"etl: {}": "etl: {namespace: amazon-cloudwatch}", "": "monitoring: {}\n"},
        [
            "platform.yaml:12:20: teams.etl.namespace: must not be the namespace of the add-on "
            f"amazon-cloudwatch-observability, got 'amazon-cloudwatch'; {NAMESPACE_HINT}"
        ],
    ),
    "a quota in which no job can run": (
        {"etl: {}": "etl: {quota: {pods: 2}}"},
        ["platform.yaml:12:23: teams.etl.quota.pods: must be at least 3, got 2"],
    ),
    "a word for the only one": (
        {"vpc:": "vpc:\n  nat_gateways: One"},
        [
            "platform.yaml:4:17: vpc.nat_gateways: must be one of 'single', 'per_az', 'none', got 'One'; did you mean "
            "'single'?"
        ],
    ),
    "a state with everything wrong": (
        {"": "state: {backend: S3, bucket: 's3://tf', region: useast1, key_prefix: 'a b', dynamodb_table: x}\n"},
        [
            "platform.yaml:13:18: state.backend: must be one of 'local', 's3', got 'S3'; did you mean 's3'?",
            f"platform.yaml:13:30: state.bucket: {BUCKET}, got 's3://tf'; {BUCKET_HINT}",
            "platform.yaml:13:49: state.region: must be an AWS region, got 'useast1'; for example 'eu-west-1'",
            "platform.yaml:13:70: state.key_prefix: must be the beginning of an S3 key: ASCII letters, digits and the "
            "characters !_.*'()/-, got 'a b'; for example 'emr-eks'",
            "platform.yaml:13:77: state.dynamodb_table: unknown key; known here: backend, bucket, region, key_prefix, "
            "kms_key_id",
        ],
    ),
    "two teams with one role": (
        {"etl: {}": "etl: {job_role: {name: spark}}\n  bi: {job_role: {name: Spark}}"},
        [
            "platform.yaml:12:26: teams.etl.job_role.name: must not be that of teams.bi.job_role too (IAM ignores "
            "case), got 'spark'; choose another name, or leave it out"
        ],
    ),
    "two roles of a team with one name": (
        {"etl: {}": "etl:\n    job_role: {name: spark}\n    job_roles: {reports: {name: spark}}"},
        [
            "platform.yaml:14:33: teams.etl.job_roles.reports.name: must not be that of teams.etl.job_role too (IAM "
            "ignores case), got 'spark'; choose another name, or leave it out"
        ],
    ),
    "a role named like another team's default": (
        {"etl: {}": "etl: {}\n  zoo: {job_role: {name: analytics.etl.job.eu-west-1}}"},
        [
            "platform.yaml:13:26: teams.zoo.job_role.name: must not be that of teams.etl.job_role too (IAM ignores "
            "case), got 'analytics.etl.job.eu-west-1'; choose another name, or leave it out"
        ],
    ),
    "a further role called like the default one": (
        {"etl: {}": "etl: {job_roles: {job: {}}}"},
        [
            "platform.yaml:12:26: teams.etl.job_roles.job: must not be called 'job', as the one in `job_role` is; "
            "choose another name"
        ],
    ),
    "a further role whose name is no label": (
        {"etl: {}": "etl: {job_roles: {Reports: {}}}"},
        [f"platform.yaml:12:21: teams.etl.job_roles.Reports: key {LABEL}, got 'Reports'; for example 'spark-jobs'"],
    ),
    "two teams with one log group": (
        {"etl: {}": "etl: {log_group: /spark/logs}\n  bi: {log_group: /spark/logs}"},
        [
            "platform.yaml:12:20: teams.etl.log_group: must not be team bi's too, because each team writes and reads "
            "its own logs only, got '/spark/logs'; choose another name, or leave it out"
        ],
    ),
    "a team with the log group of another": (
        {"etl: {}": "etl: {}\n  bi: {log_group: /emr-eks/analytics/etl}"},
        [
            "platform.yaml:12:3: teams.etl.log_group: must not be team bi's too, because each team writes and reads "
            "its own logs only, got '/emr-eks/analytics/etl'; choose another name, or leave it out"
        ],
    ),
    "a log group of AWS": (
        {"etl: {}": "etl: {log_group: /aws/eks/analytics/cluster}"},
        [f"platform.yaml:12:20: teams.etl.log_group: {LOG_GROUP}, got '/aws/eks/analytics/cluster'; {LOG_GROUP_HINT}"],
    ),
    "a log group with a colon": (
        {"etl: {}": "etl: {log_group: 'spark:etl'}"},
        [f"platform.yaml:12:20: teams.etl.log_group: {LOG_GROUP}, got 'spark:etl'; {LOG_GROUP_HINT}"],
    ),
    "logs for no day": (
        {"etl: {}": "etl: {s3_log_days: 0}"},
        ["platform.yaml:12:22: teams.etl.s3_log_days: must be at least 1, got 0"],
    ),
    "logs of a team for longer than any": (
        {"etl: {}": "etl: {s3_log_days: 365}"},
        [
            "platform.yaml:12:22: teams.etl.s3_log_days: must be at most 180, `bucket.log_days`, after which all logs "
            "are deleted, got 365; raise that one, and give the other teams less"
        ],
    ),
    # Job roles
    "an identity that there is not": (
        {"etl: {}": "etl: {job_role: {identity: IRSA}}"},
        [
            "platform.yaml:12:30: teams.etl.job_role.identity: must be one of 'irsa', 'pod_identity', 'both', got "
            "'IRSA'; did you mean 'irsa'?"
        ],
    ),
    "a framework that there is not": (
        {"etl: {}": "etl: {job_role: {frameworks: [spark-operator]}}"},
        [
            "platform.yaml:12:33: teams.etl.job_role.frameworks[0]: must be one of 'start_job_run', "
            "'interactive_endpoint', 'spark_operator', 'flink_operator', 'livy', got 'spark-operator'; did you mean "
            "'spark_operator'?"
        ],
    ),
    "no framework": (
        {"etl: {}": "etl: {job_role: {frameworks: []}}"},
        ["platform.yaml:12:32: teams.etl.job_role.frameworks: must have at least 1 entry, got []"],
    ),
    "a framework twice": (
        {"etl: {}": "etl: {job_role: {frameworks: [livy, livy]}}"},
        ["platform.yaml:12:39: teams.etl.job_role.frameworks[1]: is given twice, got 'livy'"],
    ),
    "an operator's namespace without an operator": (
        {"etl: {}": "etl: {job_role: {operator_namespace: operators}}"},
        [
            "platform.yaml:12:40: teams.etl.job_role.operator_namespace: is only for frameworks with an operator or "
            "server: spark_operator, flink_operator, livy, got 'operators'; add one to `frameworks`, or take this out"
        ],
    ),
    "two roles for one operator": (
        {
            "etl: {}": "etl: {job_role: {frameworks: [spark_operator], operator_namespace: shared}}\n"
            "  bi: {job_role: {frameworks: [spark_operator], operator_namespace: shared}}"
        },
        [
            "platform.yaml:12:32: teams.etl.job_role.frameworks: must not need the service account "
            "emr-containers-sa-spark-operator in namespace shared, which teams.bi.job_role has: it can have one role "
            "only; run the operator or server in another namespace, and name it in `operator_namespace`"
        ],
    ),
    "a trust policy's quota that IAM does not give": (
        {"etl: {}": "etl: {job_role: {trust_policy_limit: 8192}}"},
        ["platform.yaml:12:40: teams.etl.job_role.trust_policy_limit: must be at most 4096, got 8192"],
    ),
    "everything in every service": (
        {"etl: {}": "etl: {job_role: {statements: [{actions: ['*'], resources: ['*']}]}}"},
        [
            "platform.yaml:12:44: teams.etl.job_role.statements[0].actions[0]: must be an action of IAM: a service "
            "and what to do there, got '*'; for example 's3:GetObject', or 's3:*' for all of S3"
        ],
    ),
    "a resource that is no ARN": (
        {"etl: {}": "etl: {job_role: {statements: [{actions: ['s3:*'], resources: [lake]}]}}"},
        [
            "platform.yaml:12:65: teams.etl.job_role.statements[0].resources[0]: must be an ARN, which may hold * and "
            "?, or '*' for everything, got 'lake'; for example 'arn:aws:dynamodb:eu-west-1:123456789012:table/jobs'"
        ],
    ),
    "a statement without resources": (
        {"etl: {}": "etl: {job_role: {statements: [{actions: ['s3:*']}]}}"},
        [
            "platform.yaml:12:33: teams.etl.job_role.statements[0].resources: is required (What they may be done to); "
            "add for example 'resources: ['arn:aws:dynamodb:us-east-1:123456789012:table/jobs']'"
        ],
    ),
    "a team on an unknown pool": (
        {"etl: {}": "etl: {executor_pool: spark-executer}"},
        [
            "platform.yaml:12:24: teams.etl.executor_pool: must be a node pool or a node group, got "
            "'spark-executer'; did you mean 'spark-executor'?"
        ],
    ),
    "a team on a pool unlike any": (
        {"etl: {}": "etl: {driver_pool: big}"},
        [
            "platform.yaml:12:22: teams.etl.driver_pool: must be a node pool or a node group, got 'big'; name "
            "one of spark-driver, spark-executor, system"
        ],
    ),
    "teams without Karpenter": (
        {"karpenter: {}\n": ""},
        [
            "platform.yaml:11:3: teams.etl.driver_pool: is left to its default, which must be a node pool or a "
            "node group, got 'spark-driver'; name one of system, or add `karpenter:` for the pools in "
            "provisioners/",
            "platform.yaml:11:3: teams.etl.executor_pool: is left to its default, which must be a node pool or a "
            "node group, got 'spark-executor'; name one of system, or add `karpenter:` for the pools in "
            "provisioners/",
        ],
    ),
    "a group named like a pool": (
        {"  system:": "  spark-driver:"},
        [
            "platform.yaml:7:5: node_groups.spark-driver: must not bear the name of a node pool, because teams "
            "go by it, got 'spark-driver'; rename it"
        ],
    ),
    "a bucket by name": (
        {"etl: {}": "etl: {job_role: {read_buckets: [raw-data]}}"},
        [f"platform.yaml:12:35: teams.etl.job_role.read_buckets[0]: {BUCKET_ARN}, got 'raw-data'; {BUCKET_ARN_HINT}"],
    ),
    "a bucket with a wildcard": (
        {"etl: {}": "etl: {job_role: {read_buckets: ['arn:aws:s3:::raw/*']}}"},
        [
            f"platform.yaml:12:35: teams.etl.job_role.read_buckets[0]: {BUCKET_ARN}, got 'arn:aws:s3:::raw/*'; "
            f"{BUCKET_ARN_HINT}"
        ],
    ),
    "a queue for a bucket": (
        {"etl: {}": "etl: {job_role: {write_buckets: ['arn:aws:sqs:eu-west-1:123456789012:q']}}"},
        [
            f"platform.yaml:12:36: teams.etl.job_role.write_buckets[0]: {BUCKET_ARN}, got "
            f"'arn:aws:sqs:eu-west-1:123456789012:q'; {BUCKET_ARN_HINT}"
        ],
    ),
    "every database": (
        {"etl: {}": "etl: {job_role: {read_databases: ['*']}}"},
        [
            "platform.yaml:12:37: teams.etl.job_role.read_databases[0]: must be the name of a Glue database: at "
            "most 255 ASCII letters, digits, underscores, hyphens and dots, got '*'; name each database; there "
            "are no wildcards"
        ],
    ),
    "a role for a policy": (
        {"etl: {}": "etl: {job_role: {policy_arns: ['arn:aws:iam::123456789012:role/x']}}"},
        [
            "platform.yaml:12:34: teams.etl.job_role.policy_arns[0]: must be the ARN of a managed IAM policy, "
            "got 'arn:aws:iam::123456789012:role/x'; for example 'arn:aws:iam::aws:policy/AmazonAthenaFullAccess'"
        ],
    ),
    "eleven policies": (
        {
            "etl: {}": "etl: {job_role: {policy_arns: ['arn:aws:iam::aws:policy/P0', 'arn:aws:iam::aws:policy/P1', "
            "'arn:aws:iam::aws:policy/P2', 'arn:aws:iam::aws:policy/P3', 'arn:aws:iam::aws:policy/P4', "
            "'arn:aws:iam::aws:policy/P5', 'arn:aws:iam::aws:policy/P6', 'arn:aws:iam::aws:policy/P7', "
            "'arn:aws:iam::aws:policy/P8', 'arn:aws:iam::aws:policy/P9', 'arn:aws:iam::aws:policy/P10']}}"
        },
        [
            "platform.yaml:12:33: teams.etl.job_role.policy_arns: must have at most 10 entries, got "
            "['arn:aws:iam::aws:policy/P0', 'arn:aws:iam::aws:policy/P1', 'arn:aws:iam::aws:…"
        ],
    ),
    # Watching
    "an address without a domain": (
        {"": "monitoring: {alarms: {emails: [ops]}}\n"},
        [
            "platform.yaml:13:32: monitoring.alarms.emails[0]: must be an e-mail address, got 'ops'; for example "
            "'spark-ops@example.com'"
        ],
    ),
    "an address twice": (
        {"": "monitoring: {alarms: {emails: [ops@example.com, ops@example.com]}}\n"},
        ["platform.yaml:13:49: monitoring.alarms.emails[1]: is given twice, got 'ops@example.com'"],
    ),
    "an alarm by metrics that nobody sends": (
        {"": "monitoring: {container_insights: false, alarms: {pending_pods: {}}}\n"},
        [
            "platform.yaml:13:64: monitoring.alarms.pending_pods: must not be asked for without `container_insights`, "
            "whose metrics it goes by; set `container_insights: true`, or remove it"
        ],
    ),
    "logs that nobody gathers": (
        {"": "monitoring: {container_insights: false, container_logs: true}\n"},
        [
            "platform.yaml:13:57: monitoring.container_logs: must not be asked for without `container_insights`, which "
            "gathers them; set `container_insights: true`, or remove it"
        ],
    ),
    "an alarm on a queue that forgets sooner": (
        {"": "monitoring: {alarms: {interruption_queue_seconds: 300}}\n"},
        ["platform.yaml:13:51: monitoring.alarms.interruption_queue_seconds: must be at most 240, got 300"],
    ),
    "an alarm on a queue that is not there": (
        {
            "karpenter: {}\n": "",
            "  etl: {}": "  etl: {driver_pool: system, executor_pool: system}",
            "": "monitoring: {alarms: {interruption_queue_seconds: 60}}\n",
        },
        [
            "platform.yaml:12:51: monitoring.alarms.interruption_queue_seconds: must not be asked for without the "
            "queue, which comes with Karpenter on a cluster that is built here, got 60; remove it"
        ],
    ),
    "alarms before there is a team": (
        {"teams:\n  etl: {}\n": "monitoring: {alarms: {}}\n"},
        [
            "platform.yaml:11:22: monitoring.alarms: must not be asked for before there is a team to watch; add a "
            "team, or remove it"
        ],
    ),
    "an alarm after more than a day": (
        {"": "monitoring: {alarms: {pending_pods: {minutes: 2000}}}\n"},
        ["platform.yaml:13:47: monitoring.alarms.pending_pods.minutes: must be at most 1440, got 2000"],
    ),
    "a budget without a limit": (
        {"": "monitoring: {alarms: {budget: {}}}\n"},
        [
            "platform.yaml:13:23: monitoring.alarms.budget.usd: is required (The limit of a month, in US dollars); "
            "add for example 'usd: 2000'"
        ],
    ),
    "a percentage twice": (
        {"": "monitoring: {alarms: {budget: {usd: 100, percentages: [80, 80]}}}\n"},
        ["platform.yaml:13:60: monitoring.alarms.budget.percentages[1]: is given twice, got 80"],
    ),
    # Tags
    "a tag of AWS": (
        {"": "tags: {'aws:team': data}\n"},
        [f"platform.yaml:13:8: tags[\"aws:team\"]: key {TAG_KEY}, got 'aws:team'; for example 'cost-center'"],
    ),
    "a tag of AWS in capitals": (
        {"": "tags: {'AWS:team': data}\n"},
        [f"platform.yaml:13:8: tags[\"AWS:team\"]: key {TAG_KEY}, got 'AWS:team'; for example 'cost-center'"],
    ),
    "a tag of ours": (
        {"": "tags: {Platform: other}\n"},
        ["platform.yaml:13:18: tags.Platform: must not be set here; remove it; every resource gets its own"],
    ),
    "job roles named like the platform's own": (
        {
            "  etl: {}": "  etl:\n    job_role: {name: Analytics-Karpenter}\n    job_roles:\n      a: {name: "
            "KarpenterNodeRole-analytics}\n      b: {name: analytics-system-node}"
        },
        [
            f"platform.yaml:{place}.name: must not be that of a role which the platform makes for itself (IAM ignores "
            f"case), got {name!r}; choose another name, or leave it out"
            for place, name in (
                ("13:22: teams.etl.job_role", "Analytics-Karpenter"),
                ("15:17: teams.etl.job_roles.a", "KarpenterNodeRole-analytics"),
                ("16:17: teams.etl.job_roles.b", "analytics-system-node"),
            )
        ],
    ),
    "a trust policy beyond IAM's limit": (
        {
            "etl: {}": "etl: {job_role: {identity: both, frameworks: [start_job_run, interactive_endpoint, "
            "spark_operator, flink_operator, livy]}}"
        },
        [
            "platform.yaml:12:19: teams.etl.job_role: must have a trust policy of at most 2048 characters, got 2312; "
            "shorten the role's name, give it fewer `frameworks`, or have IAM's quota raised and set "
            "`trust_policy_limit`"
        ],
    ),
    "permissions beyond IAM's limit": (
        {"etl: {}": f"etl: {{job_role: {{write_databases: [{', '.join(f'department_{n:03}' for n in range(60))}]}}}}"},
        [
            "platform.yaml:12:19: teams.etl.job_role: must have a policy of at most 10240 characters, got 15447; grant "
            "fewer things to this role, or move some to another"
        ],
    ),
    "a cluster that nobody administers": (
        {
            "": "cluster:\n  creator_is_admin: false\n  access:\n    ops: {principal_arn: '" + ROLE_ARN + "', policy: "
            "AmazonEKSClusterAdminPolicy, namespaces: [a]}\n"
        },
        [
            "platform.yaml:14:21: cluster.creator_is_admin: must not be false while no entry of `access` has "
            "AmazonEKSClusterAdminPolicy everywhere: nobody could apply the later stacks; add an entry with policy: "
            "AmazonEKSClusterAdminPolicy and without namespaces for whoever applies them"
        ],
    ),
    "tags of controllers": (
        {"": "tags: {karpenter.sh/discovery: analytics, kubernetes.io/role/elb: '1'}\n"},
        [
            f'platform.yaml:13:{column}: tags["{key}"]: must not be set on everything, because controllers find by it '
            "what is theirs; remove it; it is set where it belongs"
            for column, key in ((32, "karpenter.sh/discovery"), (67, "kubernetes.io/role/elb"))
        ],
    ),
    "tags that differ in case": (
        {"": "tags: {Owner: a, owner: b}\n"},
        [
            "platform.yaml:13:25: tags.owner: must differ from 'Owner' in more than case, because IAM takes the "
            "two for one; remove one of the two"
        ],
    ),
    "a tag that is a number": (
        {"": "tags: {cost-center: 1234}\n"},
        ["platform.yaml:13:21: tags.cost-center: must be text, got 1234; put it in quotes"],
    ),
    "an environment variable in a tag": (
        {"": "tags: {user: '${USER}'}\n"},
        [f"platform.yaml:13:14: tags.user: {TAG_VALUE}, got '${{USER}}'; {TAG_HINT}"],
    ),
    "a tag too long": (
        {"": f"tags: {{note: {'x' * 257}}}\n"},
        [f"platform.yaml:13:14: tags.note: {TAG_VALUE}, got '{'x' * 78}…; {TAG_HINT}"],
    ),
    "a tag without a key": (
        {"": "tags: {'': x}\n"},
        [f"platform.yaml:13:8: tags[\"\"]: key {TAG_KEY}, got ''; for example 'cost-center'"],
    ),
    "too many tags": (
        {
            "": "tags: {k0: v, k1: v, k2: v, k3: v, k4: v, k5: v, k6: v, k7: v, k8: v, k9: v, k10: v, k11: v, k12: v, "
            "k13: v, k14: v, k15: v, k16: v, k17: v, k18: v, k19: v, k20: v, k21: v, k22: v, k23: v, k24: v, k25: v, "
            "k26: v, k27: v, k28: v, k29: v, k30: v, k31: v, k32: v, k33: v, k34: v, k35: v, k36: v, k37: v, k38: v, "
            "k39: v, k40: v, k41: v, k42: v, k43: v, k44: v, k45: v, k46: v, k47: v, k48: v, k49: v, k50: v}\n"
        },
        [
            "platform.yaml:13:7: tags: must have at most 40 entries, got {'k0': 'v', 'k1': 'v', 'k2': 'v', 'k3': "
            "'v', 'k4': 'v', 'k5': 'v', 'k6': 'v', '…"
        ],
    ),
    "many mistakes at once": (
        {
            "name: analytics": "name: Analytics",
            "min_size: 2": "min_size: 6",
            "etl: {}": "etl: {driver_pool: big, namespace: kube-system}",
            "karpenter: {}": "karpenter: {version: 1.8.0}",
        },
        [
            f"platform.yaml:1:7: name: {NAME}, got 'Analytics'; {NAME_HINT}",
            "platform.yaml:8:15: node_groups.system.min_size: must be at most max_size, which is 4, got 6; lower "
            "it, or raise max_size",
            "platform.yaml:10:22: karpenter.version: must be at least 1.9.0 for Kubernetes 1.35, got '1.8.0'; "
            "leave it out to get 1.14.1",
            "platform.yaml:12:22: teams.etl.driver_pool: must be a node pool or a node group, got 'big'; name "
            "one of spark-driver, spark-executor, system",
            "platform.yaml:12:38: teams.etl.namespace: must not be a namespace of Kubernetes itself, got "
            f"'kube-system'; {NAMESPACE_HINT}",
        ],
    ),
    "nothing where a text must be": (
        {"region: eu-west-1": "region:"},
        ["platform.yaml:2:8: region: must be text, got nothing; write a value"],
    ),
    "an address without a prefix": (
        {"vpc:": "vpc:\n  cidr: 10.0.0.0"},
        [
            "platform.yaml:4:9: vpc.cidr: must be an IPv4 network from /16 to /28, got '10.0.0.0'; for example "
            "'10.0.0.0/16'"
        ],
    ),
    # Of every kind
    "a Windows path": (
        {"": "tags: {share: 'C:\\data'}\n"},
        [f"platform.yaml:13:15: tags.share: {TAG_VALUE}, got 'C:\\\\data'; {TAG_HINT}"],
    ),
    "a tag of Python": (
        {"name: analytics": "name: !!python/object/apply:os.system ['true']"},
        [
            "platform.yaml:1:7: name: must have no tag, got '!!python/object/apply:os.system'; remove it, and "
            "put text in quotes"
        ],
    ),
    "an alias without an anchor": (
        {"name: analytics": "name: *name"},
        ["platform.yaml:1:7: name: *name has no anchor &name above it; write the value out"],
    ),
    "an alias inside itself": (
        {"": "tags: &tags {a: *tags}\n"},
        ["platform.yaml:13:17: tags.a: *tags stands inside &tags; write the value out"],
    ),
    "an anchor for two teams": (
        {"etl: {}": "etl: &team {namespace: spark}\n  bi: *team"},
        [
            "platform.yaml:12:26: teams.etl.namespace: must not be team bi's too, because EMR takes one virtual "
            f"cluster a namespace, got 'spark'; {NAMESPACE_HINT}"
        ],
    ),
    "an add-on configured in a list": (
        {"karpenter: {}": "cluster: {addons: {coredns: {configuration: [1]}}}\nkarpenter: {}"},
        ["platform.yaml:10:45: cluster.addons.coredns.configuration: must be a mapping, got a list"],
    ),
    "zones as one text": (
        {"[eu-west-1a, eu-west-1b]": "eu-west-1a, eu-west-1b"},
        [
            "platform.yaml:4:23: vpc.availability_zones: must be a list, got 'eu-west-1a, eu-west-1b'; start "
            "each entry with '- '"
        ],
    ),
    "a whole part in quotes": (
        {"karpenter: {}": "karpenter: '{}'"},
        ["platform.yaml:10:12: karpenter: must be a mapping, got '{}'"],
    ),
    "settings of Karpenter's chart": (
        {"karpenter: {}": "karpenter: {settings: {clusterName: x}}"},
        [
            "platform.yaml:10:13: karpenter.settings: unknown key; known here: version, namespace, identity, "
            "availability_zone, image_repository, replicas, batch_idle_duration, batch_max_duration, "
            "vm_memory_overhead_percent, reserved_enis, node_repair, reserved_capacity, spot_to_spot_consolidation, "
            "static_capacity, provisioners"
        ],
    ),
    "an existing cluster without its name": (
        {NETWORK + NODES: "existing_cluster: {version: '1.34'}\n"},
        [
            "platform.yaml:3:1: existing_cluster.name: is required (The cluster's name); add for example 'name: "
            "analytics'"
        ],
    ),
    "a zone of another region for an existing cluster": (
        {
            NETWORK + NODES: "existing_cluster: {name: shared}\n",
            "karpenter: {}": "karpenter: {availability_zone: us-east-1a}",
        },
        [
            "platform.yaml:4:32: karpenter.availability_zone: must lie in the platform's region eu-west-1, got "
            "'us-east-1a'; change the zone or the region"
        ],
    ),
}
"""Edits of BASE, each text with its replacement, where none stands for the end; and what is told."""

TEXTS: dict[str, tuple[str | bytes, list[str]]] = {
    "an empty file": (
        "",
        ["platform.yaml:1:1: is empty; write at least one key"],
    ),
    "a file of comments": (
        "# nothing yet\n",
        ["platform.yaml:1:1: is empty; write at least one key"],
    ),
    "a list": (
        "- name: analytics\n",
        ["platform.yaml:1:1: must be a mapping, got a list"],
    ),
    "a word": (
        "analytics\n",
        ["platform.yaml:1:1: must be a mapping, got 'analytics'"],
    ),
    "two documents": (
        f"{BASE}---\n{BASE}",
        ["platform.yaml:14:1: must hold one document; remove the '---' above"],
    ),
    "a tab": (
        "name: analytics\nvpc:\n	cidr: 10.0.0.0/16\n",
        [
            "platform.yaml:3:1: cannot be read as YAML: found character that cannot start any token while "
            "scanning for the next token; indent with spaces, not tabs"
        ],
    ),
    "an open quote": (
        "name: 'analytics\nregion: eu-west-1\n",
        [
            "platform.yaml:1:7: cannot be read as YAML: found unexpected end of stream while scanning a quoted "
            "scalar; close the quote"
        ],
    ),
    "an open bracket": (
        "name: analytics\nvpc:\n  availability_zones: [eu-west-1a,\nregion: eu-west-1\n",
        [
            "platform.yaml:5:1: cannot be read as YAML: did not find expected ',' or ']' while parsing a flow "
            "sequence; close the bracket"
        ],
    ),
    "a colon in a text": (
        "name: analytics: dev\n",
        [
            "platform.yaml:1:16: cannot be read as YAML: mapping values are not allowed in this context; check "
            "the indentation, or put a text with ': ' in quotes"
        ],
    ),
    "JSON with a comma too many": (
        '{"name": "analytics",, "region": "eu-west-1"}\n',
        [
            "platform.yaml:1:22: cannot be read as YAML: did not find expected node content while parsing a flow "
            "node; write a value there, or put the text in quotes"
        ],
    ),
    "a Windows-1252 file": (
        b"name: caf\xe9\n",
        ["platform.yaml:1:10: is not UTF-8, got the byte 0xE9; save the file as UTF-8"],
    ),
    "a UTF-16 file": (
        "name: analytics\n".encode("utf-16"),
        ["platform.yaml:1:1: is not UTF-8, got the byte 0xFF; save the file as UTF-8"],
    ),
    "a binary file": (
        b"\x7fELF\x02\x01\x01\x00\x00",
        ["platform.yaml:1:1: holds the control character U+007F; save it as UTF-8 text without it"],
    ),
    "a control character": (
        b"name: ana\x07lytics\n",
        ["platform.yaml:1:10: holds the control character U+0007; save it as UTF-8 text without it"],
    ),
    "a bomb of aliases": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in pairwise("abcdefgh")),
        ["platform.yaml:4:29: aliases repeat more than 10000 values; write out what is needed"],
    ),
    "a bomb of brackets": (
        "tags: " + "[" * 100_000,
        ["platform.yaml:1:57: is nested more than 50 levels deep; flatten it"],
    ),
    "a huge file": (
        "#" * (1024 * 1024 + 1),
        ["platform.yaml: is larger than 1048576 bytes; check that it is the right file"],
    ),
    "Terraform": (
        'module "emr" {\n  source = "./emr"\n}\n',
        ['platform.yaml:1:1: must be a mapping, got \'module "emr" { source = "./emr" }\''],
    ),
}
"""Whole files, and what is told."""

POOLS: dict[str, tuple[dict[str, str], dict[str, tuple[str, str]], list[str]]] = {
    "a variable that is none": (
        {},
        {"spark-driver.yaml": ("${az}", "${zone}")},
        [
            "provisioners/spark-driver.yaml:22:20: spec.template.spec.requirements[0].values[0]: names no variable, "
            "got '${zone}'; known are ${az}, ${azs}, ${cluster_name}, ${region}"
        ],
    ),
    "a pool without its node class": (
        {},
        {"spark-driver.yaml": ("name: spark\n", "name: sprak\n")},
        [
            "provisioners/spark-driver.yaml:17:15: spec.template.spec.nodeClassRef.name: must name an EC2NodeClass of "
            "this folder, got 'sprak'; did you mean 'spark'?"
        ],
    ),
    "a role that Karpenter may not give to nodes": (
        {},
        {"spark-node-class.yaml": ("role: KarpenterNodeRole-${cluster_name}", "role: spark-nodes")},
        [
            "provisioners/spark-node-class.yaml:8:9: spec.role: must be KarpenterNodeRole-analytics: the platform lets "
            "Karpenter give nodes no other role, got 'spark-nodes'; write role: KarpenterNodeRole-${cluster_name}"
        ],
    ),
    "an image that EKS no longer builds": (
        {},
        {"spark-node-class.yaml": ("al2023@v20261023\n", "al2@v20251112\n")},
        [
            "provisioners/spark-node-class.yaml:12:14: spec.amiSelectorTerms[0].alias: must not be Amazon Linux 2, of "
            "which EKS has no images for Kubernetes 1.35, got 'al2@v20251112'; name a release of al2023"
        ],
    ),
    "a NodePool of the beta": (
        {},
        {"old.yaml": ("", "apiVersion: karpenter.sh/v1beta1\nkind: NodePool\nmetadata: {name: old}\n")},
        [
            "provisioners/old.yaml:1:13: apiVersion: is an API that Karpenter 1.1 and newer no longer have, got "
            "'karpenter.sh/v1beta1'; convert it to v1 NodePool"
        ],
    ),
    "an empty Provisioner": (
        {},
        {"old.yaml": ("", "apiVersion: karpenter.sh/v1alpha5\nkind: Provisioner\nmetadata: {name: old}\n")},
        ["provisioners/old.yaml:1:1: spec: is required; add it"],
    ),
    "an empty file": ({}, {"more.yaml": ("", "")}, ["provisioners/more.yaml:1:1: is empty; write at least one key"]),
    "a pool whose families have no such processor": (
        {},
        {"spark-driver.yaml": ("[amd64]", "[arm64]")},
        [
            "provisioners/spark-driver.yaml:30:11: spec.template.spec.requirements[3]: etl/driver can run nowhere; "
            "nearest is node pool spark-driver: nothing that it could launch meets karpenter.k8s.aws/instance-family "
            "In m5, m6i, m7i and kubernetes.io/arch In arm64; change one of its requirements"
        ],
    ),
    "a pool in a zone of another region": (
        {},
        {"spark-executor.yaml": ('["${az}"]', "[us-west-2a]")},
        [
            "provisioners/spark-executor.yaml:20:11: spec.template.spec.requirements[0]: etl/executor can run nowhere; "
            "nearest is node pool spark-executor: nothing that it could launch meets topology.kubernetes.io/zone In "
            "us-west-2a; change one of its requirements"
        ],
    ),
    "teams whose pools are gone": (
        {"etl: {}": "etl: {driver_pool: spark-drivr}"},
        {"spark-executor.yaml": ("name: spark-executor", "name: spark-fleet")},
        [
            "platform.yaml:12:3: teams.etl.executor_pool: is left to its default, which must be a node pool or a node "
            "group, got 'spark-executor'; name one of spark-driver, spark-fleet, system",
            "platform.yaml:12:22: teams.etl.driver_pool: must be a node pool or a node group, got 'spark-drivr'; "
            "did you mean 'spark-driver'?",
        ],
    ),
    # Every file has its say in one run
    "a mistake in each file": (
        {"min_size: 2": "min_size: 6", "etl: {}": "etl: {driver_pool: big}"},
        {"spark-driver.yaml": ("[on-demand]", "[ON_DEMAND]"), "spark-executor.yaml": ("[spot]", "[SPOT]")},
        [
            "platform.yaml:8:15: node_groups.system.min_size: must be at most max_size, which is 4, got 6; "
            "lower it, or raise max_size",
            "platform.yaml:12:22: teams.etl.driver_pool: must be a node pool or a node group, got 'big'; "
            "name one of spark-driver, spark-executor, system",
            "provisioners/spark-driver.yaml:29:20: spec.template.spec.requirements[2].values[0]: must be one of "
            "on-demand, reserved, spot, got 'ON_DEMAND'; did you mean 'on-demand'?",
            "provisioners/spark-executor.yaml:30:20: spec.template.spec.requirements[2].values[0]: must be one of "
            "on-demand, reserved, spot, got 'SPOT'; did you mean 'spot'?",
        ],
    ),
    "a platform without its region": (
        {"region: eu-west-1\n": ""},
        {"spark-driver.yaml": ("[on-demand]", "[ON_DEMAND]")},
        [
            "platform.yaml:1:1: region: is required (The AWS region); add for example 'region: us-east-1'",
            "provisioners/spark-driver.yaml:29:20: spec.template.spec.requirements[2].values[0]: must be one of "
            "on-demand, reserved, spot, got 'ON_DEMAND'; did you mean 'on-demand'?",
        ],
    ),
    "a word for Karpenter": (
        {"karpenter: {}": "karpenter: enabled", "etl: {}": "etl: {driver_pool: big}"},
        {"spark-driver.yaml": ("[on-demand]", "[ON_DEMAND]")},
        [
            "platform.yaml:10:12: karpenter: must be a mapping, got 'enabled'",
            "provisioners/spark-driver.yaml:29:20: spec.template.spec.requirements[2].values[0]: must be one of "
            "on-demand, reserved, spot, got 'ON_DEMAND'; did you mean 'on-demand'?",
        ],
    ),
    # What cannot be known is not guessed: any name may stand in the file that cannot be read
    "a file that cannot be read": (
        {"etl: {}": "etl: {driver_pool: big}"},
        {"more.yaml": ("", "metadata: [\n")},
        [
            "provisioners/more.yaml:2:1: cannot be read as YAML: did not find expected node content while parsing a "
            "flow node; write a value there, or put the text in quotes"
        ],
    ),
    "a pool that is invalid is there": (
        {},
        {"spark-driver.yaml": ('cpu: "1000"', "cpu: many")},
        [
            "provisioners/spark-driver.yaml:45:10: spec.limits.cpu: must be a Kubernetes quantity, got 'many'; "
            "for example '1000', '500m' or '64Gi'"
        ],
    ),
    "a node group that is invalid is there": (
        {"max_size: 4": "max_size: many", "etl: {}": "etl: {driver_pool: system}"},
        {},
        ["platform.yaml:9:15: node_groups.system.max_size: must be a whole number, got 'many'"],
    ),
    "node groups that cannot be read": (
        {NODES: "node_groups: 2\n", "etl: {}": "etl: {driver_pool: system}"},
        {},
        ["platform.yaml:5:14: node_groups: must be a mapping, got 2"],
    ),
}
"""Edits of BASE, and of the project's node pools by file, where none makes a new file; and what is told."""


def edited(text: str, edits: dict[str, str]) -> str:
    """Return *text* with *edits*; each must find its place, exactly one."""
    for old, new in edits.items():
        assert not old or text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the file"
        text = text.replace(old, new) if old else text + new
    return text
