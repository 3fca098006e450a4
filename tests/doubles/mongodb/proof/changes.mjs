// Change streams through the vendor's driver: usage: changes.mjs URI CONTROL_PORT
import { mongodb, check, control, refused } from './types.mjs';
const { MongoClient, Timestamp } = mongodb;

const client = new MongoClient(process.argv[2], { serverSelectionTimeoutMS: 20000 });
await client.connect();
const db = client.db('watched');
const things = await db.createCollection('things');

/// The next `count` events of a stream.
async function take(stream, count) {
  const events = [];
  while (events.length < count) events.push(await stream.next());
  return events;
}
const kinds = (events) => events.map((e) => e.operationType).join();

// Every change of documents.
const stream = things.watch([], { fullDocument: 'updateLookup' });
const filtered = things.watch([{ $match: { operationType: 'delete' } }, { $project: { documentKey: 1 } }]);
const whole = client.watch();
const expanded = db.watch([], { showExpandedEvents: true });
for (const opened of [stream, filtered, whole, expanded]) check(await opened.tryNext() === null, 'nothing yet');
await things.insertOne({ _id: 1, a: 1, gone: 1, deep: { x: 1 }, list: [1, 2, 3], pad: 'x'.repeat(200) });
await things.updateOne({ _id: 1 }, { $set: { 'deep.x': 2, 'list.0': 9, b: 1 }, $unset: { gone: 1 } });
await things.updateOne({ _id: 1 }, { $push: { list: 4 } });
await things.replaceOne({ _id: 1 }, { c: 1 });
await client.withSession((session) => session.withTransaction(async () => {
  await things.insertOne({ _id: 2 }, { session });
  await things.deleteOne({ _id: 1 }, { session });
}));
const [insert, update, push, replace, inserted, deleted] = await take(stream, 6);
check(kinds([insert, update, push, replace, inserted, deleted]) === 'insert,update,update,replace,insert,delete', 'kinds');
check(insert.fullDocument.a === 1 && insert.documentKey._id === 1 && insert.ns.db === 'watched' &&
      insert.ns.coll === 'things' && insert.wallTime instanceof Date, 'an insert');
const { updatedFields, removedFields } = update.updateDescription;
check(updatedFields['deep.x'] === 2 && updatedFields['list.0'] === 9 && updatedFields.b === 1 &&
      removedFields.join() === 'gone' && update.clusterTime.greaterThan(insert.clusterTime), 'an update');
check(push.updateDescription.updatedFields['list.3'] === 4, 'a push');
check(replace.fullDocument.c === 1 && replace.documentKey._id === 1 && !replace.updateDescription, 'a replacement');
check(inserted.txnNumber !== undefined && inserted.lsid && inserted.clusterTime.equals(deleted.clusterTime), 'a transaction');
check(update.fullDocument === null, 'the document looked up is gone');
check((await filtered.next()).documentKey._id === 1, 'a pipeline behind the stage');

// Resuming: after any event, also within a transaction, and by time.
const again = (options) => things.watch([], options);
for (const [options, expected] of [[{ resumeAfter: insert._id }, 'update,update,replace,insert,delete'],
  [{ startAfter: inserted._id }, 'delete'], [{ startAtOperationTime: replace.clusterTime }, 'replace,insert,delete']]) {
  const resumed = again(options);
  check(kinds(await take(resumed, expected.split(',').length)) === expected, `resumed: ${expected}`);
  await resumed.close();
}
await refused(again({ resumeAfter: { _data: 'nonsense' } }).next(), 9, 'a token that is none');
await refused(again({ resumeAfter: insert._id, startAfter: insert._id }).next(), 40674, 'two ways to resume');
await refused(things.watch([{ $sort: { a: 1 } }]).next(), 20, 'a stage that is not permitted');
await refused(client.db('admin').watch().next(), 73, 'an internal database');

// Collections and what becomes of them.
await things.createIndex({ a: 1 });
await things.dropIndex('a_1');
await db.command({ collMod: 'things', validator: { a: { $gt: 0 } } });
const other = await db.createCollection('other');
await things.rename('renamed');
check(kinds(await take(stream, 2)) === 'rename,invalidate', 'a rename ends the stream');
check(await stream.next().then(() => false, () => true) || stream.closed, 'it is closed');
await db.dropDatabase();
const ddl = await take(expanded, 14);
check(kinds(ddl) === 'insert,update,update,replace,insert,delete,createIndexes,dropIndexes,modify,create,rename,drop,drop,dropDatabase',
      `expanded: ${kinds(ddl)}`);
check(ddl[6].collectionUUID && ddl[6].operationDescription.indexes[0].name === 'a_1', 'an index');
check(ddl[10].to.coll === 'renamed', 'where it went');
const last = await expanded.next();
check(last.operationType === 'invalidate', 'a dropped database ends its stream');
await refused(db.watch([], { resumeAfter: last._id }).next(), 260, 'resuming after an invalidate');
const after = db.watch([], { startAfter: last._id });
await other.insertOne({ _id: 1 });
check((await after.next()).operationType === 'insert', 'starting after one');
await after.close();
check(kinds(await take(whole, 10)) === 'insert,update,update,replace,insert,delete,rename,drop,drop,dropDatabase', 'of the whole cluster');

// What the oplog no longer holds cannot be resumed.
await control({ command: 'oplog_size', bytes: 3000 });
for (let i = 0; i < 40; i++) await other.insertOne({ pad: 'x'.repeat(200) });
await refused(other.watch([], { resumeAfter: insert._id }).next(), 286, 'history lost');
await refused(other.watch([], { startAtOperationTime: new Timestamp({ t: 1, i: 1 }) }).next(), 286, 'a time before the oplog');
for (const opened of [filtered, whole, expanded]) await opened.close();
await client.close();
console.log('ok');
