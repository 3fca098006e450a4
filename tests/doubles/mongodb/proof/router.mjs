// A router (mongos) shows itself as one, and has nothing of a member's: usage: router.mjs URI
import { mongodb, check, refused } from './types.mjs';
const client = new mongodb.MongoClient(process.argv[2], { serverSelectionTimeoutMS: 20000 });
await client.connect();
const admin = client.db('admin');
const hello = await admin.command({ hello: 1 });
check(hello.msg === 'isdbgrid' && !hello.setName && hello.isWritablePrimary, 'hello');
check((await admin.command({ serverStatus: 1 })).process === 'mongos', 'serverStatus');
check((await admin.command({ listShards: 1 })).shards.length === 1, 'listShards');
await client.db('d').collection('c').insertOne({ _id: 1 });
check((await client.db('d').collection('c').findOne())._id === 1, 'documents');
await refused(admin.command({ applyOps: [] }), 59, 'applyOps');
await refused(admin.command({ replSetGetStatus: 1 }), 59, 'replSetGetStatus');
await refused(client.db('local').collection('oplog.rs').findOne(), 20, 'the oplog');
check((await admin.command({ listDatabases: 1 })).databases.every((d) => d.name !== 'local'), 'listDatabases');
await client.close();
console.log('ok');
