'use strict';
// What cdktf's resolve gives, without asking three patterns and making a context for each text: most have no token in them.
// What may be one goes to cdktf. A stack is resolved twice, and that is half of the time of its synthesis.
const TOKEN = 'TfToken[';
const NUMBER = /[-|\d.+]e[-|\d.eE+]/;
const MAP = ' Map Token Value';
const MAP_OF_NUMBERS = -123456789;
const DEEP = 200;

function isPlain(value) {
  if (typeof value === 'string') return !value.includes(TOKEN) && !value.endsWith(MAP) && !NUMBER.test(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) && value !== MAP_OF_NUMBERS;
  return typeof value === 'boolean' || value == null;
}

function isOfValues(value) {
  if (typeof value !== 'object' || typeof value.resolve === 'function') return false;
  if (Array.isArray(value)) return value.every((each) => typeof each === 'object' || isPlain(each));
  return Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).every(isPlain);
}

// *path* leads to *value*; cdktf tells it where something is wrong.
function resolved(value, path, whole) {
  if (isPlain(value)) return value;
  if (!isOfValues(value) || path.length > DEEP) return whole.theirs(value, { ...whole.options, prefix: [...path] });
  const isList = Array.isArray(value);
  const result = isList ? [] : {};
  for (const name of isList ? value.keys() : Object.keys(value)) {
    path.push(name);
    const inner = resolved(value[name], path, whole);
    path.pop();
    if (inner !== undefined) result[isList ? result.length : name] = inner;
  }
  return result;
}

const EVERY_KIND = { b: [{ u: undefined }, 'ä"\n', null, []], a: { y: null, n: undefined, ' ': 1 }, z: [[true, '1e3']] };

// Return what stands in for the function *theirs*; that itself, should it give anything else than we do.
module.exports = function quickerThan(theirs) {
  if (typeof theirs !== 'function') return theirs;
  let isAlike;
  return function resolve(value, options) {
    if (isAlike === undefined) {
      const ours = resolved(EVERY_KIND, [], { theirs, options });
      isAlike = JSON.stringify(ours) === JSON.stringify(theirs(EVERY_KIND, options));
    }
    return isAlike ? resolved(value, [...(options.prefix || [])], { theirs, options }) : theirs(value, options);
  };
};
