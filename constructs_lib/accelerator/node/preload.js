'use strict';
// Loaded into jsii's Node before anything else. Where a binding has a lazy index beside its eager one, it gets that;
// where cdktf would put a stack trace into words for every token, it does so for those that are read.
const fs = require('fs');
const Module = require('module');
const path = require('path');
const { isMainThread } = require('worker_threads');
require('./definitions.js');
const kernelFor = require('./one-process.js');
const quickerThan = require('./resolve.js');
const leanerThan = require('./stringify.js');

const EAGER = /^exports\.(\w+) = require\("([^"]+)"\);$/gm;
const LAZY = /^Object\.defineProperty\(exports, '(\w+)', \{ get: function \(\) \{ return require\('([^']+)'\); \} \}\);$/gm;
const TRACE = path.join('cdktf', 'lib', 'tokens', 'private', 'stack-trace.js');
const RESOLVE = path.join('cdktf', 'lib', 'tokens', 'private', 'resolve.js');
const STRINGIFY = path.join('cdktf', 'node_modules', 'json-stable-stringify', 'index.js');
const LAUNCHER = path.join('bin', 'jsii-runtime.js');
// Dates: https://github.com/nodejs/release#release-schedule
const ENDS = { 18: '2025-04-30', 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' };
const [major] = process.versions.node.split('.');
const OURS = /^--max-semi-space-size=\d+ --preserve-symlinks ?(.*?) ?--require="(?:[^"\\]|\\.)*preload\.js"$/;
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

// The launcher has something to say of a Node that it does not know.
function chooseKernel(launcher) {
  const kernel = major in ENDS ? kernelFor(launcher) : launcher;
  if (kernel !== launcher) forgetOptions();
  return kernel;
}

// What the kernel might start needs none of what it was itself started with.
function forgetOptions() {
  if (process.env.NODE_OPTIONS) {
    process.env.NODE_OPTIONS = process.env.NODE_OPTIONS.replace(OURS, '$1');
  }
}

function chooserFor(file, isMain) {
  if (path.basename(file) === 'index.js') return chooseIndex;
  if (file.endsWith(TRACE)) return chooseTrace;
  return isMain && file.endsWith(LAUNCHER) ? chooseKernel : null;
}

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (...request) {
  const file = resolveFilename.apply(this, request);
  if (typeof file !== 'string') return file;
  if (!chosen.has(file)) {
    const choose = chooserFor(file, request[2]);
    if (!choose) return file;
    chosen.set(file, choose(file));
  }
  return chosen.get(file);
};

const load = Module._extensions['.js'];
Module._extensions['.js'] = function (module, file) {
  load(module, file);
  if (file.endsWith(RESOLVE)) Reflect.set(module.exports, 'resolve', quickerThan(module.exports.resolve));
  if (file.endsWith(STRINGIFY)) module.exports = leanerThan(module.exports);
};

const isLauncher = isMainThread && path.basename(process.argv[1] || '') === 'jsii-runtime.js';
if (!isLauncher) forgetOptions();

// jsii greets an old Node with eleven lines at every start. One will do.
const variable = 'JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION';
const silenced = (process.env[variable] || '').split(',').map((each) => each.trim()).filter(Boolean);
if (isLauncher && new Date() > new Date(ENDS[major]) && !silenced.includes(major)) {
  process.env[variable] = [...silenced, major].join();
  const line = `warning: Node ${process.versions.node} has had no fixes since ${ENDS[major]}; use a newer one\n`;
  fs.writeSync(2, JSON.stringify({ stderr: Buffer.from(line).toString('base64') }) + '\n');
}
