'use strict';
// The same text as cdktf's json-stable-stringify gives, joined once: that copies all it has at each level of nesting,
// and leaves some 50 MB behind for a stack of 11 MB.
const v8 = require('v8');
const vm = require('vm');

const MANY = 10_000;
let needed = 100 * 2 ** 20;

// What is joined early dies young; all pieces together would be as much again as the text.
class Text {
  joined = '';
  pieces = [];

  add(...pieces) {
    if (this.pieces.push(...pieces) > MANY) this.join();
  }

  join() {
    this.joined += this.pieces.join('');
    this.pieces = [];
    return this.joined;
  }
}

function write(value, key, newline, step, parents, written) {
  if (value && typeof value.toJSON === 'function') value = value.toJSON();
  if (typeof value !== 'object' || value === null) {
    const text = JSON.stringify(value);
    if (text !== undefined) written.add(key, text);
    return text !== undefined;
  }
  const isList = Array.isArray(value);
  if (parents.includes(value)) throw new TypeError('Converting circular structure to JSON');
  parents.push(value);
  written.add(key, isList ? '[' : '{');
  const inner = newline + step;
  let separator = inner;
  for (const name of isList ? value.keys() : Object.keys(value).sort()) {
    const before = isList ? separator : `${separator}${JSON.stringify(name)}: `;
    const isWritten = write(value[name], before, inner, step, parents, written);
    if (!isWritten && isList) written.add(before, 'null');
    if (isWritten || isList) separator = `,${inner}`;
  }
  written.add(newline, isList ? ']' : '}');
  parents.pop();
  return true;
}

// What it took to resolve a large stack is garbage by now, and would else be kept beside its text.
function forgetWhatIsDone() {
  if (process.memoryUsage().heapUsed < 1.1 * needed) return;
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc')();
  needed = process.memoryUsage().heapUsed;
}

function stringify(value, options) {
  const written = new Text();
  return write(value, '', '\n', ' '.repeat(options.space), [], written) ? written.join() : undefined;
}

const EVERY_KIND = { z: { toJSON: () => [] }, b: [{}, undefined, () => 1, 'ä"\n'], a: { y: null, n: undefined, ' ': 1.5 } };

// Return what stands in for the function *theirs*; that itself, should it write anything else than we do.
module.exports = function leanerThan(theirs) {
  if (theirs(EVERY_KIND, { space: 2 }) !== stringify(EVERY_KIND, { space: 2 })) return theirs;
  return function stableStringify(value, options) {
    const isPlain = Object.keys(options || {}).join() === 'space' && Number.isInteger(options.space) && options.space > 0;
    if (!isPlain) return theirs.apply(this, arguments);
    forgetWhatIsDone();
    return stringify(value, options);
  };
};
