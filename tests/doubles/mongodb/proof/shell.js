// For mongosh: what a person types.
const shop = db.getSiblingDB('shell');
assert = (condition, what) => { if (!condition) { print(`FAILED: ${what}`); quit(1); } };
shop.things.insertMany([{ _id: 1, n: NumberLong('9007199254740993'), d: NumberDecimal('1.10') }, { _id: 2 }]);
assert(shop.things.find({ _id: 1 }).toArray()[0].n.toString() === '9007199254740993', 'a long');
assert(shop.things.findOne({ _id: 1 }).d.toString() === '1.10', 'a decimal');
assert(shop.things.countDocuments() === 2, 'countDocuments');
assert(shop.getCollectionNames().includes('things'), 'show collections');
assert(shop.things.getIndexes().length === 1, 'getIndexes');
assert(shop.things.updateOne({ _id: 2 }, { $set: { a: [1, 2] } }).modifiedCount === 1, 'updateOne');
assert(shop.things.drop(), 'drop');
assert(db.hello().isWritablePrimary, 'hello');
assert(db.version().startsWith('7.'), 'version');
assert(Number(shop.stats().collections) === 0, 'stats');
print('ok');
