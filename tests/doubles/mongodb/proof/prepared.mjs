// A prepared transaction as mongodump and mongorestore see it: usage:
// prepared.mjs prepare|commit URI CONTROL_PORT FILE, prepared.mjs starts URI OPLOG_FILE FILE,
// prepared.mjs restored URI. FILE holds the moment at which the transaction began.
import fs from 'node:fs';
import { mongodb, check, controlAt } from './types.mjs';
const { MongoClient, BSON, Long, UUID, Timestamp } = mongodb;
const [, , mode, uri, place, file] = process.argv;

const session = { lsid: { id: new UUID('0123456789abcdef0123456789abcdef') }, txnNumber: Long.fromNumber(4) };
async function append(o) {
  const entry = BSON.serialize({ ...session, op: 'c', ns: 'admin.$cmd', o });
  return controlAt(Number(place), { command: 'oplog_append', entry: Buffer.from(entry).toString('base64') });
}
const client = new MongoClient(uri, { serverSelectionTimeoutMS: 20000 });
await client.connect();
const things = client.db('proof').collection('things');
const operation = (_id) => ({ op: 'i', ns: 'proof.things', o: { _id } });

if (mode === 'prepare') {
  await things.insertOne({ _id: 'before' });
  const { seconds, counter } = await append({ applyOps: [operation('a part')], partialTxn: true });
  await append({ applyOps: [operation('the rest')], prepare: true });
  fs.writeFileSync(file, JSON.stringify({ t: seconds, i: counter }));
  await things.insertOne({ _id: 'after' });
} else if (mode === 'commit') {
  await append({ commitTransaction: 1, commitTimestamp: new Timestamp({ t: 1, i: 1 }) });
} else if (mode === 'starts') {
  const first = BSON.deserialize(fs.readFileSync(place), { allowObjectSmallerThanBufferSize: true });
  check(first.ts.equals(new Timestamp(JSON.parse(fs.readFileSync(file)))), 'the oplog of a dump begins with what is prepared');
} else {
  const found = (await things.find().toArray()).map((d) => d._id).sort().join();
  check(found === 'a part,after,before,the rest', `restored: ${found}`);
}
await client.close();
console.log('ok');
