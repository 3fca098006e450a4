// Logins, roles and TLS: usage: login.mjs PORT CERTIFICATE
import { mongodb, check, refused } from './types.mjs';
const { MongoClient } = mongodb;
const [, , port, certificate] = process.argv;

async function connect(user, password) {
  const login = user ? `${user}:${password}@` : '';
  const client = new MongoClient(`mongodb://${login}127.0.0.1:${port}/?tls=true&directConnection=true`,
                                 { tlsCAFile: certificate, serverSelectionTimeoutMS: 20000 });
  await client.connect();
  return client;
}

const nobody = await connect();
await nobody.db('admin').command({ createUser: 'root', pwd: 'secret,=1', roles: ['root'] });
await refused(nobody.db('admin').command({ createUser: 'second', pwd: 'x', roles: ['root'] }), 13, 'a second user without a login');
await refused(nobody.db('d').collection('c').findOne(), 13, 'a read without a login');
await refused(connect('root', 'wrong'), 18, 'a wrong password');
await refused(connect('nobody', 'x'), 18, 'an unknown user');
await nobody.close();

const root = await connect('root', encodeURIComponent('secret,=1'));
await root.db('d').collection('c').insertOne({ _id: 1 });
await root.db('admin').command({ createRole: 'looker', privileges: [{ resource: { db: 'd', collection: 'c' }, actions: ['find'] }], roles: [] });
for (const [user, roles] of [['reader', [{ role: 'read', db: 'd' }]], ['looker', ['looker']], ['saver', ['backup']], ['filler', ['restore']]]) {
  await root.db('admin').command({ createUser: user, pwd: 'p', roles });
}
await refused(root.db('admin').command({ createUser: 'bad', pwd: 'p', roles: ['nosuchrole'] }), 31, 'an unknown role');

const reader = await connect('reader', 'p');
check((await reader.db('d').collection('c').findOne())._id === 1, 'read');
await refused(reader.db('d').collection('c').insertOne({}), 13, 'a write by a reader');
await refused(reader.db('e').collection('c').findOne(), 13, 'another database');
await refused(reader.db('admin').command({ serverStatus: 1 }), 13, 'serverStatus');
// 40573: the right is there, only no replica set.
await refused(reader.db('d').watch().next(), 40573, 'a change stream');
await refused(reader.db('e').collection('c').watch().next(), 13, 'a change stream of another database');
await refused(reader.watch().next(), 13, 'a change stream of everything');
await refused(root.watch().next(), 40573, 'a change stream of everything, by root');
const looker = await connect('looker', 'p');
check((await looker.db('d').collection('c').findOne())._id === 1, 'a role of our own');
await refused(looker.db('d').collection('other').findOne(), 13, 'another collection');
const saver = await connect('saver', 'p');
check((await saver.db('admin').collection('system.users').find().toArray()).length === 5, 'backup reads users');
await refused(saver.db('d').collection('c').insertOne({}), 13, 'a write by backup');
const filler = await connect('filler', 'p');
await filler.db('new').collection('c').insertOne({ _id: 1 });
await refused(filler.db('new').collection('c').findOne(), 13, 'a read by restore');
for (const client of [root, reader, looker, saver, filler]) await client.close();
console.log('ok');
