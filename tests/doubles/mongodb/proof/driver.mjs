// The vendor's driver against a standalone double: usage: driver.mjs URI
import { mongodb, everyType, bytesOf, check, refused } from './types.mjs';
const { MongoClient, Timestamp, Int32 } = mongodb;

const client = new MongoClient(process.argv[2], { serverSelectionTimeoutMS: 20000 });
await client.connect();
const db = client.db('proof');

// Every type, byte for byte.
const raw = { promoteValues: false, promoteLongs: false, bsonRegExp: true };
const types = db.collection('types');
await types.insertOne(everyType());
const read = await types.findOne({}, { ...raw, raw: true });
check(Buffer.from(read).toString('hex') === bytesOf(everyType()), 'every type comes back');

// CRUD and cursors.
const numbers = db.collection('numbers');
const many = Array.from({ length: 2500 }, (_, i) => ({ _id: i, n: i % 7, s: 'x'.repeat(i % 50) }));
check((await numbers.insertMany(many)).insertedCount === 2500, 'insertMany');
check((await numbers.find({}, { batchSize: 100 }).toArray()).length === 2500, 'batches');
check(await numbers.countDocuments({ n: 3 }) === 357, 'countDocuments');
check(await numbers.estimatedDocumentCount() === 2500, 'count');
const page = await numbers.find({ n: { $gte: 5 } }).sort({ n: -1, _id: 1 }).skip(2).limit(3)
    .project({ n: 1 }).toArray();
check(JSON.stringify(page) === JSON.stringify([{ _id: 20, n: 6 }, { _id: 27, n: 6 }, { _id: 34, n: 6 }]),
      `sort, skip, limit, project: ${JSON.stringify(page)}`);
const range = await numbers.find({}, { hint: { _id: 1 } }).min({ _id: 10 }).max({ _id: 13 }).toArray();
check(range.map((d) => d._id).join() === '10,11,12', 'min and max');
await refused(numbers.insertOne({ _id: 1 }), 11000, 'a duplicate key');
const update = await numbers.updateMany({ n: 1 }, { $set: { marked: true }, $inc: { n: 100 } });
check(update.matchedCount === 357 && update.modifiedCount === 357, 'updateMany');
const upsert = await numbers.updateOne({ _id: 'new' }, { $set: { a: 1 } }, { upsert: true });
check(upsert.upsertedId === 'new', 'upsert');
check((await numbers.deleteMany({ n: 101 })).deletedCount === 357, 'deleteMany');
await refused(numbers.updateOne({}, { $nonsense: { a: 1 } }), 9, 'an unknown modifier');
await refused(numbers.find({ a: { $nonsense: 1 } }).toArray(), 2, 'an unknown operator');
await refused(numbers.aggregate([{ $nonsense: {} }]).toArray(), 40324, 'an unknown stage');
await refused(numbers.find({}, { hint: 'nope' }).toArray(), 2, 'an unknown hint');
await refused(numbers.countDocuments({}, { hint: 'nope' }), 2, 'an unknown hint of aggregate');
await refused(numbers.updateOne({}, { $set: { a: 1 } }, { hint: 'nope' }), 2, 'an unknown hint of update');
await refused(numbers.deleteOne({}, { hint: { nope: 1 } }), 2, 'an unknown hint of delete');
check((await numbers.distinct('n', { n: { $lt: 3 } })).join() === '0,2', 'distinct');

// Empty timestamps are replaced at the top, only there, and not when told so.
const stamps = db.collection('stamps');
const zero = new Timestamp({ t: 0, i: 0 });
await stamps.insertOne({ _id: 1, top: zero, deep: { ts: zero } });
const stamp = await stamps.findOne({ _id: 1 });
check(!stamp.top.isZero() && stamp.deep.ts.isZero(), 'empty timestamps');
await db.command({ insert: 'stamps', documents: [{ _id: 2, top: zero }], bypassEmptyTsReplacement: true });
check((await stamps.findOne({ _id: 2 })).top.isZero(), 'bypassEmptyTsReplacement');

// Record ids and resume tokens.
const first = await db.command({ find: 'numbers', hint: { $natural: 1 }, batchSize: 5,
  showRecordId: true, $_requestResumeToken: true }, { promoteLongs: false });
const token = first.cursor.postBatchResumeToken;
check(first.cursor.firstBatch.length === 5 && token.$recordId, 'a resume token');
await db.command({ killCursors: 'numbers', cursors: [first.cursor.id] });
const resumed = await db.command({ find: 'numbers', hint: { $natural: 1 }, batchSize: 1,
  $_requestResumeToken: true, $_resumeAfter: token, singleBatch: true });
check(resumed.cursor.firstBatch[0]._id > first.cursor.firstBatch[4]._id, 'resumes after the token');
await numbers.deleteOne({ _id: first.cursor.firstBatch[4]._id });
await refused(db.command({ find: 'numbers', hint: { $natural: 1 }, $_requestResumeToken: true,
  $_resumeAfter: token }), 211, 'resuming after a removed record');

// Collections with options.
await db.createCollection('capped', { capped: true, size: 4096, max: 10 });
await db.collection('capped').insertMany(Array.from({ length: 25 }, (_, i) => ({ _id: i })));
check((await db.collection('capped').find().toArray()).map((d) => d._id).join() === '15,16,17,18,19,20,21,22,23,24',
      'capped');
await db.createCollection('checked', { validator: { n: { $gt: 0 } } });
await refused(db.collection('checked').insertOne({ n: -1 }), 121, 'a validator');
await db.collection('checked').insertOne({ n: -1 }, { bypassDocumentValidation: true });
await db.createCollection('view', { viewOn: 'numbers', pipeline: [{ $match: { n: 2 } }] });
check(await db.collection('view').countDocuments() === await numbers.countDocuments({ n: 2 }), 'a view');
await refused(db.collection('view').insertOne({}), 166, 'a write to a view');
await db.createCollection('series', { timeseries: { timeField: 't', metaField: 'm', granularity: 'minutes' } });
const times = Array.from({ length: 30 }, (_, i) => ({ t: new Date(1700000000000 + i * 60000), m: i % 2, v: i }));
await db.collection('series').insertMany(times);
check(await db.collection('series').countDocuments() === 30, 'a time series');
check(await db.collection('system.buckets.series').countDocuments() === 2, 'its buckets');
const listed = await db.listCollections().toArray();
const byName = Object.fromEntries(listed.map((c) => [c.name, c]));
check(byName.view.type === 'view' && byName.series.type === 'timeseries' &&
      byName.capped.options.capped === true && byName.numbers.info.uuid, 'listCollections');

// Indexes.
await numbers.createIndexes([{ key: { n: 1, s: -1 }, name: 'n_s' }, { key: { loc: '2dsphere' } },
  { key: { s: 'text' } }, { key: { h: 'hashed' } }]);
await refused(numbers.createIndex({ n: 1 }, { unique: true }), 11000, 'a unique index over duplicates');
await refused(numbers.createIndex({ n: 1, s: -1 }, { name: 'other' }), 85, 'an index twice');
check((await numbers.indexes()).length === 5, 'listIndexes');
await numbers.dropIndex('n_s');
await refused(numbers.dropIndex('n_s'), 27, 'an index that is gone');

// $out, $merge, $sample, $collStats, rename.
await numbers.aggregate([{ $match: { n: 2 } }, { $out: 'twos' }]).toArray();
const twos = await db.collection('twos').countDocuments();
check(twos === await numbers.countDocuments({ n: 2 }) && twos > 0, '$out');
await numbers.aggregate([{ $match: { n: 3 } }, { $merge: { into: 'twos' } }]).toArray();
check(await db.collection('twos').countDocuments() > twos, '$merge');
check((await numbers.aggregate([{ $sample: { size: 9 } }]).toArray()).length === 9, '$sample');
const [stats] = await numbers.aggregate([{ $collStats: { storageStats: {} } }]).toArray();
check(stats.storageStats.count === await numbers.countDocuments(), '$collStats');
await db.collection('twos').rename('renamed');
await refused(db.collection('numbers').rename('renamed'), 48, 'a rename onto another');

// GridFS.
const bucket = new mongodb.GridFSBucket(db, { chunkSizeBytes: 1000 });
const content = Buffer.from(Array.from({ length: 5432 }, (_, i) => i % 251));
await new Promise((resolve, reject) => bucket.openUploadStream('file', { metadata: { a: 1 } })
    .on('finish', resolve).on('error', reject).end(content));
const parts = [];
for await (const part of bucket.openDownloadStreamByName('file')) parts.push(part);
check(Buffer.concat(parts).equals(content), 'a GridFS file');
check(await db.collection('fs.chunks').countDocuments() === 6 && (await db.collection('fs.chunks').indexes()).length === 2,
      'its chunks');
await refused(db.command({ insert: 'numbers', documents: [{}], writeConcern: { w: 2 } }), 2, 'w: 2 without a replica set');

// Locks and what is not there.
const admin = client.db('admin');
await admin.command({ fsync: 1, lock: true });
const blocked = db.collection('late').insertOne({ _id: 1 });
check(await Promise.race([blocked.then(() => 'written'),
  admin.command({ ping: 1 }).then(() => 'blocked')]) === 'blocked', 'fsync lock blocks writes');
await admin.command({ fsyncUnlock: 1 });
await blocked;
await refused(db.command({ noSuchCommand: 1 }), 59, 'an unknown command');
await refused(db.command({ find: 'numbers', readConcern: { level: 'snapshot' } }), 123,
              'a snapshot read of a standalone');
await refused(numbers.watch().next(), 40573, 'a change stream of a standalone');
await db.dropDatabase();
check((await admin.command({ listDatabases: 1 })).databases.every((d) => d.name !== 'proof'), 'dropDatabase');
await client.close();
console.log('ok');
