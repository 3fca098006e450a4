// Restoring to a moment, by tools that we did not write: usage: moment.mjs before|after|compare URI FILE
// `before` fills a database, `after` changes everything in it and writes down the moment and its
// content, `compare` says whether another server is like that.
import fs from 'node:fs';
import { mongodb, check } from './types.mjs';
const { MongoClient, BSON } = mongodb;
const [, , mode, uri, file] = process.argv;

const client = new MongoClient(uri, { serverSelectionTimeoutMS: 20000 });
await client.connect();
const db = client.db('moments');

async function content() {
  const found = {};
  for (const { name, options } of (await db.listCollections().toArray()).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    found[name] = { options, indexes: (await db.collection(name).indexes()).map((i) => i.name).sort(),
      documents: await db.collection(name).find().sort({ _id: 1 }).toArray() };
  }
  return BSON.EJSON.stringify(found);
}
const newest = async () => (await client.db('local').collection('oplog.rs').find().sort({ $natural: -1 }).limit(1).toArray())[0].ts;

async function change(round) {
  const things = db.collection('things');
  for (let i = 0; i < 30; i++) {
    await things.updateOne({ _id: i }, { $inc: { n: round }, $set: { [`f.${round}`]: i, 'list.1': round } });
    await things.insertOne({ _id: `${round}/${i}`, pad: 'x'.repeat(i) });
  }
  await things.deleteMany({ _id: { $gt: 25 } });
  await things.replaceOne({ _id: 3 }, { replaced: round });
  await things.createIndex({ [`n${round}`]: 1 });
  await db.createCollection(`made${round}`, { validator: { a: { $gte: 0 } } });
  await db.collection(`made${round}`).insertOne({ _id: 1, a: round });
  await db.command({ collMod: `made${round}`, validator: { a: { $gte: -5 } } });
  await db.collection('mail').rename('post', { dropTarget: true });
  await db.collection('mail').insertOne({ _id: round });
  await client.withSession((session) => session.withTransaction(async () => {
    await things.updateOne({ _id: 1 }, { $set: { transaction: round } }, { session });
    await db.collection('mail').insertOne({ _id: `t${round}` }, { session });
  }));
}

if (mode === 'before') {
  await db.collection('things').insertMany(Array.from({ length: 40 }, (_, i) => ({ _id: i, n: 0, list: [1, 2, 3] })));
  await db.collection('mail').insertMany([{ _id: 'a' }, { _id: 'b' }]);
  await db.collection('dropped').insertOne({ _id: 1 });
  fs.writeFileSync(file, JSON.stringify({ from: BSON.EJSON.serialize(await newest()) }));
} else if (mode === 'after') {
  const known = JSON.parse(fs.readFileSync(file));
  await change(1);
  await db.collection('dropped').drop();
  await change(2);
  const moment = await content();
  await db.collection('things').updateMany({}, { $set: { later: true } });  // not part of it any more
  const first = await client.db('local').collection('oplog.rs').find({ op: 'u', 'o.diff.i.later': true }).limit(1).next();
  await change(3);
  await db.collection('mail').drop();
  fs.writeFileSync(file, JSON.stringify({ ...known, limit: `${first.ts.high >>> 0}:${first.ts.low >>> 0}`, moment }));
} else {
  const { moment } = JSON.parse(fs.readFileSync(file));
  const found = await content();
  check(found === moment, `the content is another:\n${found}\nnot\n${moment}`);
}
await client.close();
console.log('ok');
