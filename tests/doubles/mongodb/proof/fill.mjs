// Data for dumps: usage: fill.mjs URI (plain|everything). "plain" is what FerretDB can hold as well.
import { mongodb, everyType } from './types.mjs';
const { MongoClient, Long, Double, Binary, ObjectId, Timestamp, Int32 } = mongodb;

const client = new MongoClient(process.argv[2], { serverSelectionTimeoutMS: 20000 });
await client.connect();
const db = client.db('dumped');
const id = (n) => new ObjectId(n.toString(16).padStart(24, '0'));
await db.collection('plain').insertMany(Array.from({ length: 1200 }, (_, i) => ({
  _id: id(i), int: new Int32(i), long: Long.fromNumber(i * 1e9), double: new Double(i / 3),
  text: `text ${i} \u2603`, flag: i % 2 === 0, when: new Date(1600000000000 + i), nothing: null,
  bytes: new Binary(Buffer.from([i & 255, 7]), 0), list: [new Int32(i), 'x', { y: new Int32(1) }],
  stamp: new Timestamp({ t: 1600000000 + i, i: 1 }), object: { a: { b: new Int32(i) } } })));
await db.collection('text ids').insertMany(['a', 'b', 'ä'].map((_id) => ({ _id })));
await db.collection('plain').createIndex({ int: 1, text: -1 });
await db.collection('plain').createIndex({ long: 1 }, { unique: true });
if (process.argv[3] === 'everything') {
  await db.collection('types').insertOne(everyType());
  await db.createCollection('capped', { capped: true, size: 8192, max: 50 });
  await db.collection('capped').insertMany(Array.from({ length: 60 }, (_, i) => ({ _id: i })));
  await db.createCollection('checked', { validator: { n: { $gt: 0 } }, validationLevel: 'moderate' });
  await db.collection('checked').insertOne({ _id: 1, n: 2 });
  await db.createCollection('view', { viewOn: 'plain', pipeline: [{ $match: { flag: true } }] });
  await db.createCollection('series', { timeseries: { timeField: 't', metaField: 'm' } });
  await db.collection('series').insertMany(Array.from({ length: 40 }, (_, i) =>
    ({ _id: id(i), t: new Date(1700000000000 + i * 1000), m: i % 3, v: i })));
  await db.collection('indexed').createIndexes([{ key: { loc: '2dsphere' } }, { key: { s: 'text' } },
    { key: { h: 'hashed' } }, { key: { a: 1 }, sparse: true }, { key: { b: -1 }, expireAfterSeconds: 3600 },
    { key: { c: 1 }, unique: true, partialFilterExpression: { c: { $gt: 5 } } }]);
  await db.collection('empty').insertOne({});
  await db.collection('empty').deleteMany({});
  await new Promise((resolve, reject) => new mongodb.GridFSBucket(db, { chunkSizeBytes: 1000 })
      .openUploadStreamWithId(id(1), 'file').on('finish', resolve).on('error', reject).end(Buffer.alloc(2500, 7)));
  await db.collection('a/b %$'.replace('$', '')).insertOne({ _id: 1 });
  await client.db('admin').command({ createRole: 'mine', privileges: [{ resource: { db: 'dumped', collection: '' }, actions: ['find'] }], roles: [] });
  await client.db('admin').command({ createUser: 'someone', pwd: 'secret', roles: ['mine'] });
}
await client.close();
console.log('ok');
