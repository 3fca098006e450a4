// Reads in whose midst something happens: usage: long_reads.mjs URI CONTROL_PORT
import { mongodb, check, control, refused } from './types.mjs';
const { MongoClient } = mongodb;
const COUNT = 60;

const client = new MongoClient(process.argv[2], { serverSelectionTimeoutMS: 20000 });
await client.connect();
// Pinned to the member, whatever it is, as a reader of ranges is.
const pinned = new MongoClient(process.argv[2].replace(/\?.*/, '?directConnection=true&readPreference=primaryPreferred'),
                               { serverSelectionTimeoutMS: 20000, retryReads: false });
await pinned.connect();
const db = client.db('proof');
const things = db.collection('things');
await things.insertMany(Array.from({ length: COUNT }, (_, _id) => ({ _id })));
const all = Array.from({ length: COUNT }, (_, _id) => _id).join();
const ids = (documents) => documents.map((d) => d._id);
const stepDown = () => control({ command: 'step_down', ms: 600000 });
const stepUp = () => control({ command: 'step_up' });
const until = async (holds) => { while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 20)); };
const isPrimary = () => pinned.db('admin').command({ hello: 1 }).then((hello) => hello.isWritablePrimary);

/// A find by batches of ten: the first reply, and what gives the next.
async function begin(more) {
  const ask = async (command) => (await pinned.db('proof').command({ ...command, batchSize: 10 }, { promoteLongs: false })).cursor;
  const cursor = await ask({ find: 'things', ...more });
  const next = () => ask({ getMore: cursor.id, collection: 'things' });
  return { cursor, next };
}
async function rest(read, found) {
  let cursor;
  do found.push(...ids((cursor = await read.next()).nextBatch)); while (!cursor.id.isZero());
  return found.join();
}

// A step-down: what reads goes on, at its own moment.
const snapshot = await begin({ readConcern: { level: 'snapshot' } });
const at = snapshot.cursor.atClusterTime;
const plain = await begin({});
await things.deleteMany({ _id: { $gte: 50 } });
await stepDown();
check(!await isPrimary(), 'a secondary');
check(await rest(snapshot, ids(snapshot.cursor.firstBatch)) === all, 'a snapshot read over a step-down');
check(await rest(plain, ids(plain.cursor.firstBatch)) === Array.from({ length: 50 }, (_, i) => i).join(), 'a read over a step-down');
await stepUp();
check(await isPrimary(), 'elected again');
const again = await begin({ readConcern: { level: 'snapshot', atClusterTime: at } });
check(await rest(again, ids(again.cursor.firstBatch)) === all, 'the same moment after the election');

// One who waits at the end of the oplog is told, and goes on from where he was, missing nothing.
const oplog = pinned.db('local').collection('oplog.rs');
const newest = (await oplog.find({}).sort({ $natural: -1 }).limit(1).toArray())[0];
const tail = () => oplog.find({ ts: { $gte: newest.ts } }, { tailable: true, awaitData: true, maxAwaitTimeMS: 600000 });
const waiting = tail();
check((await waiting.next()).ts.equals(newest.ts), 'from where it was');
const interrupted = refused(waiting.next(), 11602, 'waiting for the oplog');
await until(async () => (await control({ command: 'inspect' })).waiting > 0);
const changes = things.watch();
check(await changes.tryNext() === null, 'no change yet');
const change = changes.next();  // resumes by itself
await stepDown();
await interrupted;
await stepUp();
await things.insertOne({ _id: 'after the election' });
check((await change).documentKey._id === 'after the election', 'a change stream over a step-down');
await changes.close();
const resumed = tail();
const seen = [await resumed.next(), await resumed.next(), await resumed.next()];
check(seen[0].ts.equals(newest.ts) && seen[1].op === 'n' && Number(seen[1].t) === Number(newest.t) + 1 &&
      seen[2].o._id === 'after the election', 'no entry is missing');
await resumed.close();

// A transaction is gone with the step-down; the driver runs it again.
let runs = 0;
await client.withSession((session) => session.withTransaction(async () => {
  await things.insertOne({ _id: `run ${runs++}` }, { session });
  if (runs === 1) { await stepDown(); await stepUp(); }
}));
check(runs > 1 && await things.countDocuments({ _id: 'run 0' }) === 0 &&
      await things.countDocuments({ _id: `run ${runs - 1}` }) === 1, 'a transaction over a step-down');

// A killed cursor, and an answer that never comes: the token of the last batch goes on from there.
await things.deleteMany({});
await things.insertMany(Array.from({ length: COUNT }, (_, _id) => ({ _id })));
const natural = { hint: { $natural: 1 }, $_requestResumeToken: true };
for (const fault of [{ command: 'kill_cursors' }, { command: 'fail', name: 'getMore' }]) {
  const first = await begin(natural);
  const second = await first.next();
  const found = ids([...first.cursor.firstBatch, ...second.nextBatch]);
  await control(fault);
  const failure = await first.next().then(() => undefined, (error) => error);
  check(failure !== undefined && (failure.code === 43) === (fault.command === 'kill_cursors'), `${fault.command}: ${failure}`);
  const resuming = await begin({ ...natural, $_resumeAfter: second.postBatchResumeToken });
  check(await rest(resuming, [...found, ...ids(resuming.cursor.firstBatch)]) === all, `resumed after ${fault.command}`);
}

// What a snapshot may not see.
await db.createCollection('capped', { capped: true, size: 4096 });
const read = (collection, time) => db.command({ find: collection, readConcern: { level: 'snapshot', ...(time && { atClusterTime: time }) } });
await refused(read('capped'), 246, 'a snapshot of a capped collection');

// A read that takes longer than history is kept ends in the middle.
const long = await begin({ readConcern: { level: 'snapshot' } });
await long.next();
await client.db('admin').command({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 5 });
await control({ command: 'set_clock', offset_ms: 60000 });
await things.insertOne({ _id: 'later' });
await refused(long.next(), 239, 'a snapshot that became too old');
await refused(read('things', long.cursor.atClusterTime), 239, 'a moment that is too old');
await read('things');
await client.close();
await pinned.close();
console.log('ok');
process.exit();  // after a retry the driver leaves the timer of its server selection behind
