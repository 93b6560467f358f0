'use strict';
// jsii's launcher starts the kernel in a Node of its own and hands on what either side says: one more Node to start and
// to keep, and to wake twice for each question. Here the kernel runs in the launcher's place, and takes its questions
// where the launcher would. What a program prints goes to standard error as the launcher sends it: named, in base64.
const fs = require('fs');
const Module = require('module');
const path = require('path');
const { Writable } = require('stream');

const CHANNEL = 'readFD:3,writeFD:3';
const LAUNCHERS = 'readFD:0,writeFD:1';
const LINKS = '--preserve-symlinks';

function printed(name, descriptor) {
  function write(chunk, encoding, done) {
    const text = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, encoding);
    fs.writeSync(2, `${JSON.stringify({ [name]: text.toString('base64') })}\n`);
    done();
  }
  const stream = Object.assign(new Writable({ write }), { fd: descriptor });
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
}

// Return the kernel beside *launcher*, ready to run in its place; *launcher* itself, should it not be as we know it.
module.exports = function kernelFor(launcher) {
  const kernel = path.join(path.dirname(launcher), '..', 'lib', 'program.js');
  const isLinked = (process.env.NODE_OPTIONS || '').includes(LINKS);
  if (!fs.existsSync(kernel) || !isLinked || process.env.JSII_DEBUG) return launcher;
  const parts = fs.readFileSync(kernel, 'utf8').split(CHANNEL);
  if (parts.length !== 2) return launcher;
  process.execArgv.push(LINKS);
  printed('stdout', 1);
  printed('stderr', 2);
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (content, file) {
    Module.prototype._compile = compile;
    return compile.call(this, file === kernel ? parts.join(LAUNCHERS) : content, file);
  };
  return kernel;
};
