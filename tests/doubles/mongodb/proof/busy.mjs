// Writes until its input ends, for a dump with an oplog: usage: busy.mjs URI
import { mongodb } from './types.mjs';
const client = new mongodb.MongoClient(process.argv[2], { serverSelectionTimeoutMS: 20000 });
await client.connect();
const db = client.db('busy');
let stop = false;
setTimeout(() => { stop = true; }, 4000);
for (let i = 0; !stop; i++) {
  await db.collection('c').insertOne({ _id: i, n: 0, pad: 'x'.repeat(100) });
  await db.collection('c').updateOne({ _id: Math.floor(i / 2) }, { $inc: { n: 1 }, $set: { [`f${i % 5}`]: i } });
  if (i % 7 === 3) await db.collection('c').deleteOne({ _id: i - 3 });
  if (i % 10 === 0) await db.collection('c').insertMany([{ _id: `m${i}` }, { _id: `n${i}`, of: i }]);
  if (i % 50 === 0) {
    await client.withSession((session) => session.withTransaction(async () => {
      await db.collection('c').updateOne({ _id: i }, { $set: { t: 1 } }, { session });
      await db.collection('c').insertOne({ _id: `t${i}` }, { session });
    }));
  }
}
await client.close();
console.log('ok');
