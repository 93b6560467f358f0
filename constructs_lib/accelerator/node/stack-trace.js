'use strict';
// Stands in for cdktf's module of this name: the same traces, put into words when somebody reads one, not for each token.
// A platform makes some thirty thousand tokens, and reads no trace unless one cannot be resolved.
function read(lines) {
  if (Object.hasOwn(lines, 'stack')) {
    const worded = lines.stack;
    delete lines.stack;
    lines.push(...worded.split('\n').slice(1).map((line) => line.replace(/^\s*at\s+/, '')));
  }
  return lines;
}

const WHEN_READ = {
  get: (lines, name) => Reflect.get(read(lines), name),
  has: (lines, name) => Reflect.has(read(lines), name),
  ownKeys: (lines) => Reflect.ownKeys(read(lines)),
  getOwnPropertyDescriptor: (lines, name) => Reflect.getOwnPropertyDescriptor(read(lines), name),
};

exports.captureStackTrace = function captureStackTrace(below) {
  const lines = [];
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Number.MAX_SAFE_INTEGER;
  Error.captureStackTrace(lines, below || captureStackTrace);
  Error.stackTraceLimit = limit;
  return new Proxy(lines, WHEN_READ);
};
