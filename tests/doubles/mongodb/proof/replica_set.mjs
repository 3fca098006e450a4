// The vendor's driver against a replica set: usage: replica_set.mjs URI CONTROL_PORT
import { mongodb, check, control, refused } from './types.mjs';
const { MongoClient, UUID } = mongodb;

const client = new MongoClient(process.argv[2], { serverSelectionTimeoutMS: 20000 });
await client.connect();
const db = client.db('proof');
const oplog = client.db('local').collection('oplog.rs');
const things = db.collection('things');
const newest = async () => (await oplog.find({}).sort({ $natural: -1 }).limit(1).toArray())[0];
const entries = async (after) => oplog.find({ ts: { $gt: after } }).toArray();

// Shapes of oplog entries.
let from = (await newest()).ts;
await things.insertOne({ _id: 1, a: 1, big: 'x'.repeat(100) });
await things.updateOne({ _id: 1 }, { $set: { a: 2 } });
await things.replaceOne({ _id: 1 }, { b: 1 });
await things.deleteOne({ _id: 1 });
await things.createIndex({ a: 1 });
await things.rename('items');
await db.collection('items').dropIndex('a_1');
await db.collection('items').drop();
const shapes = (await entries(from)).map((e) => e.op + (e.op === 'c' ? ':' + Object.keys(e.o)[0] : ''));
check(shapes.join() === 'c:create,i,u,u,d,c:createIndexes,c:renameCollection,c:dropIndexes,c:drop',
      `oplog: ${shapes.join()}`);
const [, insert, diff] = await entries(from);
check(insert.ui && insert.o2._id === 1 && insert.lsid && insert.txnNumber !== undefined && insert.stmtId === 0 &&
      insert.wall instanceof Date && insert.t !== undefined, 'an insert of a retryable write');
check(diff.o.$v === 2 && diff.o.diff.u.a === 2 && diff.o2._id === 1, 'a diff update');

// Transactions.
await db.createCollection('accounts');
const accounts = db.collection('accounts');
await accounts.insertMany([{ _id: 'a', n: 10 }, { _id: 'b', n: 0 }]);
from = (await newest()).ts;
await client.withSession((session) => session.withTransaction(async () => {
  await accounts.updateOne({ _id: 'a' }, { $inc: { n: -3 } }, { session });
  await accounts.updateOne({ _id: 'b' }, { $inc: { n: 3 } }, { session });
  check((await accounts.findOne({ _id: 'b' }, { session })).n === 3, 'own writes are seen');
  check((await accounts.findOne({ _id: 'b' })).n === 0, 'others do not see them');
}));
const [transaction] = await entries(from);
check(transaction.op === 'c' && transaction.ns === 'admin.$cmd' && transaction.o.applyOps.length === 2 &&
      transaction.lsid && transaction.prevOpTime, 'a transaction is one applyOps');
const one = client.startSession();
const two = client.startSession();
one.startTransaction();
two.startTransaction();
await accounts.findOne({}, { session: two });
await accounts.updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { session: one });
await one.commitTransaction();
const conflict = await refused(accounts.updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { session: two }), 112, 'a write conflict');
check(conflict.hasErrorLabel('TransientTransactionError'), 'its label');
await two.abortTransaction();
await one.endSession();
await two.endSession();

// Snapshot reads.
const then = (await accounts.findOne({ _id: 'a' })).n;
const reply = await db.command({ find: 'accounts', batchSize: 1, readConcern: { level: 'snapshot' } });
const at = reply.cursor.atClusterTime;
await accounts.updateOne({ _id: 'a' }, { $set: { n: 999 } });
await accounts.deleteOne({ _id: 'b' });
const past = await db.command({ find: 'accounts', readConcern: { level: 'snapshot', atClusterTime: at } });
check(past.cursor.firstBatch.length === 2 && past.cursor.firstBatch[0].n === then, 'a snapshot read');
await db.command({ killCursors: 'accounts', cursors: [reply.cursor.id] });
await client.db('admin').command({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 5 });
await control({ command: 'set_clock', offset_ms: 60000 });
await accounts.insertOne({ _id: 'later' });
await refused(db.command({ find: 'accounts', readConcern: { level: 'snapshot', atClusterTime: at } }), 239, 'a snapshot too old');

// A tailing reader gets what comes.
const tail = oplog.find({ ts: { $gt: (await newest()).ts } }, { tailable: true, awaitData: true, maxAwaitTimeMS: 10000 });
const next = tail.next();
await things.insertOne({ _id: 'tailed' });
let entry = await next;
while (entry.op !== 'i') entry = await tail.next();
check(entry.o._id === 'tailed', 'tailable await');
await tail.close();

// Roll-over.
const lost = oplog.find({}, { tailable: true, awaitData: true, batchSize: 1 });
await lost.next();
await control({ command: 'oplog_size', bytes: 3000 });
for (let i = 0; i < 40; i++) await things.insertOne({ _id: i, pad: 'x'.repeat(200) });
const oldest = (await oplog.find({}).sort({ $natural: 1 }).limit(1).toArray())[0];
check(oldest.ts.greaterThan(transaction.ts), 'the oplog rolls over');
await refused(lost.next(), 136, 'a reader behind the oplog');

// applyOps.
await client.db('admin').command({ applyOps: [
  { op: 'i', ns: 'proof.things', o: { _id: 'applied', a: 1 } },
  { op: 'u', ns: 'proof.things', o2: { _id: 'applied' }, o: { $v: 2, diff: { u: { a: 5 } } } },
  { op: 'd', ns: 'proof.things', o: { _id: 0 } }] });
check((await things.findOne({ _id: 'applied' })).a === 5 && await things.findOne({ _id: 0 }) === null, 'applyOps');
await refused(client.db('admin').command({ applyOps: [{ op: 'c', ns: 'proof.$cmd', o: { createIndexes: 'things', v: 2, key: { a: 1 }, name: 'a' } }] }),
              115, 'createIndexes in applyOps');
await refused(client.db('admin').command({ applyOps: [{ op: 'i', ns: 'proof.things', ui: new UUID(), o: { _id: 'x' } }] }),
              26, 'applyOps with the UUID of another server');

// Nothing writes to the oplog, or takes it away.
const admin = client.db('admin');
await refused(admin.command({ applyOps: [{ op: 'i', ns: 'local.oplog.rs', o: { _id: 1 } }] }), 73, 'applyOps to the oplog');
await refused(admin.command({ renameCollection: 'local.oplog.rs', to: 'local.other' }), 20, 'a rename of the oplog');
await refused(admin.command({ renameCollection: 'proof.things', to: 'local.oplog.rs', dropTarget: true }), 20, 'a rename to it');
await refused(things.aggregate([{ $out: { db: 'local', coll: 'oplog.rs' } }]).toArray(), 31321, '$out to it');
await refused(things.aggregate([{ $merge: { into: { db: 'local', coll: 'oplog.rs' } } }]).toArray(), 31320, '$merge into it');
await refused(oplog.drop(), 20, 'a drop of it');

// Write concerns that one member cannot give: the write stands, and the driver is told.
await refused(things.insertOne({ _id: 'two' }, { writeConcern: { w: 2 } }), 100, 'w: 2');
await refused(things.insertOne({ _id: 'tagged' }, { writeConcern: { w: 'elsewhere' } }), 79, 'an unknown mode');
await refused(things.insertOne({ _id: 'no' }, { writeConcern: { w: 51 } }), 9, 'a write concern that is none');
check(await things.countDocuments({ _id: { $in: ['two', 'tagged', 'no'] } }) === 2, 'they stand');
await things.insertOne({ _id: 'safe' }, { writeConcern: { w: 'majority', journal: true } });

// Writes in transactions make no promises about capped collections.
await db.createCollection('capped', { capped: true, size: 4096 });
await client.withSession(async (session) => {
  session.startTransaction();
  await refused(db.collection('capped').insertOne({}, { session }), 263, 'a capped collection in a transaction');
  await session.abortTransaction();
});

// Faults: a retryable write survives them.
await control({ command: 'step_down', ms: 600000 });
await refused(db.command({ insert: 'things', documents: [{ _id: 'no' }] }), 10107, 'a write to a secondary');
const electing = things.insertOne({ _id: 'after step-down' });
await control({ command: 'step_up' });
await electing;
await control({ command: 'cut' });
// One turn of its loop lets the driver hear of its closed sockets; it does not wrap the error of a
// write to one.
await new Promise((resolve) => setTimeout(resolve, 100));
await things.insertOne({ _id: 'after cut' });
check(await things.countDocuments({ _id: { $in: ['after step-down', 'after cut'] } }) === 2, 'retries');
// The connection ends after the write and before its answer: the driver asks again, and it is there once.
await things.insertOne({ _id: 'counted', n: 0 });
await control({ command: 'fail', name: 'update' });
await things.updateOne({ _id: 'counted' }, { $inc: { n: 1 } });
check((await things.findOne({ _id: 'counted' })).n === 1, 'a retryable write without an answer');
await control({ command: 'fail', name: 'find', code: 239, times: 2 });
await refused(things.findOne(), 239, 'a fault');
await refused(things.findOne(), 239, 'a fault again');
await things.findOne();
const killed = things.find({}, { batchSize: 2 });
await killed.next();
await control({ command: 'kill_cursors' });
await refused((async () => { while (await killed.next()) ; })(), 43, 'a killed cursor');
await control({ command: 'delay', ms: 200 });
check((await things.find().limit(1).toArray()).length === 1, 'a slow answer is an answer');
await control({ command: 'delay', ms: 0 });
await client.close();
console.log('ok');
process.exit();  // after a retry the driver leaves the timer of its server selection behind
