'use strict';
// Loaded into jsii's Node before anything else. Where a binding has a lazy index beside its eager one, it gets that;
// where cdktf would put a stack trace into words for every token, it does so for those that are read.
const fs = require('fs');
const Module = require('module');
const path = require('path');

const EAGER = /^exports\.(\w+) = require\("([^"]+)"\);$/gm;
const LAZY = /^Object\.defineProperty\(exports, '(\w+)', \{ get: function \(\) \{ return require\('([^']+)'\); \} \}\);$/gm;
const TRACE = path.join('cdktf', 'lib', 'tokens', 'private', 'stack-trace.js');
const chosen = new Map();

function modules(file, pattern) {
  return Array.from(fs.readFileSync(file, 'utf8').matchAll(pattern), ([, name, from]) => `${name}=${from}`).sort().join();
}

function chooseTrace(worded) {
  const offered = Array.from(fs.readFileSync(worded, 'utf8').matchAll(/\bexports[.,] ?"?(\w+)/g), ([, name]) => name);
  const late = path.join(__dirname, 'stack-trace.js');
  return String(offered.sort()) === '__esModule,captureStackTrace' && fs.existsSync(late) ? late : worded;
}

function chooseIndex(eager) {
  const lazy = path.join(path.dirname(eager), 'lazy-index.js');
  try {
    if (!fs.existsSync(lazy)) return eager;
    const offered = modules(eager, EAGER);
    return offered && offered === modules(lazy, LAZY) ? lazy : eager;
  } catch {
    return eager;
  }
}

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (...request) {
  const file = resolveFilename.apply(this, request);
  if (typeof file !== 'string') return file;
  const choose = path.basename(file) === 'index.js' ? chooseIndex : file.endsWith(TRACE) ? chooseTrace : null;
  if (!choose) return file;
  if (!chosen.has(file)) chosen.set(file, choose(file));
  return chosen.get(file);
};

// jsii runs a launcher, which runs the kernel. Both need our options; what the kernel might start does not.
const isLauncher = path.basename(process.argv[1] || '') === 'jsii-runtime.js';
if (!isLauncher && process.env.NODE_OPTIONS) {
  process.env.NODE_OPTIONS = process.env.NODE_OPTIONS.replace(
    /^--max-semi-space-size=\d+ (.*?) ?--require="(?:[^"\\]|\\.)*preload\.js"$/, '$1');
}

// jsii greets an old Node with eleven lines at every start. One will do.
// Dates: https://github.com/nodejs/release#release-schedule
const ENDS = { 18: '2025-04-30', 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' };
const [major] = process.versions.node.split('.');
const variable = 'JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION';
const silenced = (process.env[variable] || '').split(',').map((each) => each.trim()).filter(Boolean);
if (isLauncher && new Date() > new Date(ENDS[major]) && !silenced.includes(major)) {
  process.env[variable] = [...silenced, major].join();
  const line = `warning: Node ${process.versions.node} has had no fixes since ${ENDS[major]}; use a newer one\n`;
  process.stderr.write(JSON.stringify({ stderr: Buffer.from(line).toString('base64') }) + '\n');
}
