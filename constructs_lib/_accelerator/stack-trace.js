'use strict';
// Stands in for cdktf's module of this name: the same traces, put into words when somebody reads one, not for each token.
// A platform makes some thirty thousand tokens, and reads no trace unless one cannot be resolved.
exports.captureStackTrace = function captureStackTrace(below) {
  const error = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Number.MAX_SAFE_INTEGER;
  Error.captureStackTrace(error, below || captureStackTrace);
  Error.stackTraceLimit = limit;
  let unread = true;
  function read(lines) {
    if (unread) {
      unread = false;
      lines.push(...error.stack.split('\n').slice(1).map((line) => line.replace(/^\s*at\s+/, '')));
    }
    return lines;
  }
  return new Proxy([], {
    get: (lines, name) => Reflect.get(read(lines), name),
    has: (lines, name) => Reflect.has(read(lines), name),
    ownKeys: (lines) => Reflect.ownKeys(read(lines)),
    getOwnPropertyDescriptor: (lines, name) => Reflect.getOwnPropertyDescriptor(read(lines), name),
  });
};
