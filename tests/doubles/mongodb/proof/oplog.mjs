// What the oplog and config.transactions say of sessions, and what a client can do with it:
// usage: oplog.mjs URI CONTROL_PORT
import { mongodb, check, control } from './types.mjs';
const { MongoClient, BSON, Long, UUID, Timestamp } = mongodb;

const client = new MongoClient(process.argv[2], { serverSelectionTimeoutMS: 20000 });
await client.connect();
const things = client.db('proof').collection('things');
const oplog = client.db('local').collection('oplog.rs');
const records = client.db('config').collection('transactions');
const newest = async () => (await oplog.find({}).sort({ $natural: -1 }).limit(1).toArray())[0].ts;
const entriesAfter = (ts) => oplog.find({ ts: { $gt: ts } }).sort({ $natural: 1 }).toArray();
const recordOf = (entry) => records.findOne({ '_id.id': entry.lsid.id });
const same = (a, b) => a !== undefined && b !== undefined && a.ts.equals(b.ts) && BSON.EJSON.stringify(a.t) === BSON.EJSON.stringify(b.t);
const isChain = (entries) => entries.every((entry, i) => (i === 0
  ? entry.prevOpTime.ts.isZero() && Number(entry.prevOpTime.t) === -1 : same(entry.prevOpTime, entries[i - 1])));
await things.insertOne({ _id: 'first' });

// A retryable write of several documents is a chain of entries of one number.
let from = await newest();
await things.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
let entries = await entriesAfter(from);
check(entries.length === 3 && isChain(entries) && entries.every((e, i) => e.stmtId === i), 'a chain of a retryable write');
let record = await recordOf(entries[2]);
check(same(record.lastWriteOpTime, entries[2]) && Number(record.txnNum) === Number(entries[2].txnNumber) && record.state === undefined,
      'its record');

// A transaction above 16 MB is a chain of parts; each is a document that a client can read.
from = await newest();
const pad = 'x'.repeat(7 << 20);
await client.withSession((session) => session.withTransaction(async () => {
  for (let i = 0; i < 5; i++) await things.insertOne({ _id: `large ${i}`, pad }, { session });
}));
entries = await entriesAfter(from);
check(entries.length > 1 && isChain(entries), 'a chain of parts');
entries.forEach((entry, i) => {
  const last = i === entries.length - 1;
  check(entry.op === 'c' && entry.ns === 'admin.$cmd' && (entry.o.partialTxn === true) === !last, `partialTxn of part ${i}`);
  check((entry.o.count !== undefined) === last && BSON.calculateObjectSize(entry) <= 16 * 1024 * 1024 + 16384, `count and size of part ${i}`);
});
check(entries.flatMap((e) => e.o.applyOps).map((o) => o.o._id).join() === '0,1,2,3,4'.replace(/\d/g, (i) => `large ${i}`), 'what it did');
check(Number(entries.at(-1).o.count) === 5, 'how much it did');
record = await recordOf(entries[0]);
check(record.state === 'committed' && same(record.lastWriteOpTime, entries.at(-1)) && record.startOpTime === undefined, 'its record');

// A prepared transaction: from its first part on, a reader of the oplog must begin there.
const session = { lsid: { id: new UUID() }, txnNumber: Long.fromNumber(1) };
const append = async (o) => {
  const entry = BSON.serialize({ ...session, op: 'c', ns: 'admin.$cmd', o });
  const { seconds, counter } = await control({ command: 'oplog_append', entry: Buffer.from(entry).toString('base64') });
  return new Timestamp({ t: seconds, i: counter });
};
const insert = (_id) => ({ op: 'i', ns: 'proof.things', o: { _id } });
from = await newest();
const started = await append({ applyOps: [insert('part')], partialTxn: true });
check((await recordOf(session)).state === 'inProgress', 'in progress');
await append({ applyOps: [insert('prepared')], prepare: true });
await things.insertOne({ _id: 'meanwhile' });
const open = await records.find({ state: { $in: ['prepared', 'inProgress'] } }, { readConcern: { level: 'local' } })
  .sort({ startOpTime: 1 }).toArray();
check(open.length === 1 && open[0].state === 'prepared' && open[0].startOpTime.ts.equals(started), 'what is prepared, and since when');
await append({ commitTransaction: 1, commitTimestamp: await newest() });
check((await recordOf(session)).state === 'committed', 'committed');
entries = (await entriesAfter(from)).filter((e) => e.lsid && e.lsid.id.equals(session.lsid.id));
check(entries.length === 3 && isChain(entries), 'the chain of a prepared transaction');
await client.close();
console.log('ok');
