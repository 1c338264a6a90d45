/**
 * How an object is copied and given members that it may not have yet: `{ ...NEW, ...object, member }`.
 *
 * Node 20 clones what a literal begins with in one go, by a shortcut that knows no way on from there: a member that is added to the clone
 * makes a hidden class for this one object. That takes longer than the copy, and everyone who reads the object later misses the caches
 * that are kept by hidden class. A literal that begins with nothing is filled member by member, and all its copies share one class.
 * Where the members are all there already and only change, `{ ...object, member }` is the faster one.
 */
export const NEW: object = Object.freeze({});
