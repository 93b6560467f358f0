'use strict';
// Loaded into jsii's Node before anything else. Where a package has a lazy index beside its eager one, it gets that.
const fs = require('fs');
const Module = require('module');
const path = require('path');

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (...request) {
  const file = resolveFilename.apply(this, request);
  if (typeof file !== 'string' || path.basename(file) !== 'index.js') return file;
  const lazy = path.join(path.dirname(file), 'lazy-index.js');
  return fs.existsSync(lazy) ? lazy : file;
};

// jsii greets an old Node with eleven lines at every start. One will do, from the first of its two processes.
const major = parseInt(process.versions.node, 10);
const variable = 'JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION';
if (major < 22 && process.env[variable] === undefined) {
  process.env[variable] = String(major);
  const line = `warning: Node ${process.versions.node} gets no fixes any more; use Node 22 or newer\n`;
  process.stderr.write(JSON.stringify({ stderr: Buffer.from(line).toString('base64') }) + '\n');
}
