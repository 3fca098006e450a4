// Many at once, logged in over TLS: usage: crowd.mjs work|compare PORT CERTIFICATE,
// crowd.mjs write PORT CERTIFICATE FILE. `write` inserts until the server is gone and writes down
// what was acknowledged; `compare` takes FILE too, and is for the server started again.
import fs from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { mongodb, check } from './types.mjs';
const { MongoClient } = mongodb;
const [, , mode, port, certificate, file] = process.argv;
const WRITERS = 25;

async function connect(login, options = {}) {
  const client = new MongoClient(`mongodb://${login}127.0.0.1:${port}/?tls=true&directConnection=true`,
    { tlsCAFile: certificate, serverSelectionTimeoutMS: 60000, retryWrites: false, ...options });
  await client.connect();
  return client;
}
async function asRoot(options) {
  const nobody = await connect('');
  await nobody.db('admin').command({ createUser: 'root', pwd: 'secret', roles: ['root'] });
  await nobody.close();
  return connect('root:secret@', options);
}

async function work() {
  const silent = Array.from({ length: 50 }, () => net.connect(Number(port), '127.0.0.1'));
  const half = tls.connect(Number(port), '127.0.0.1', { ca: fs.readFileSync(certificate), servername: 'localhost' });
  half.write(Buffer.from([200, 0, 0, 0, 1, 0, 0]));
  // Writes wait for the lock, each on a connection of its own.
  const root = await asRoot();
  const crowd = await connect('root:secret@', { maxPoolSize: 200 });
  let out = 0;
  let most = 0;
  crowd.on('connectionCheckedOut', () => { most = Math.max(most, ++out); });
  crowd.on('connectionCheckedIn', () => { out--; });
  await root.db('admin').command({ fsync: 1, lock: true });
  const writes = Promise.all(Array.from({ length: 200 }, (_, _id) => crowd.db('d').collection('crowd').insertOne({ _id })));
  while (out < 200) await new Promise((resolve) => setTimeout(resolve, 20));
  check(await root.db('d').collection('crowd').countDocuments() === 0, 'none is written yet');
  await root.db('admin').command({ fsyncUnlock: 1 });
  await writes;
  check(most === 200 && await root.db('d').collection('crowd').countDocuments() === 200, 'two hundred at once');
  // A message that is too big ends its own connection, not that of those who are logged in.
  const big = tls.connect(Number(port), '127.0.0.1', { ca: fs.readFileSync(certificate), servername: 'localhost' });
  big.on('error', () => {});
  const ended = new Promise((resolve) => big.on('close', resolve));
  big.write(Buffer.from([255, 255, 255, 127, 1, 0, 0, 0, 0, 0, 0, 0, 221, 7, 0, 0]));
  big.resume();
  await ended;
  check(await crowd.db('d').collection('crowd').countDocuments() === 200, 'the others are served');
  [...silent, half].forEach((socket) => socket.destroy());
  await crowd.close();
  await root.close();
}

async function write() {
  const root = await asRoot({ maxPoolSize: WRITERS });
  await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => {
    for (let n = 0; ; n++) {
      await root.db('d').collection('written').insertOne({ _id: `${writer},${n}` });
      fs.appendFileSync(file, `${writer},${n}\n`);
    }
  }));
}

async function compare() {
  const root = await connect('root:secret@');
  const found = new Set((await root.db('d').collection('written').find().toArray()).map((d) => d._id));
  const acknowledged = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  check(acknowledged.every((id) => found.has(id)), 'nothing is missing');
  check(found.size <= acknowledged.length + WRITERS, 'one at most of each writer was not acknowledged');
  await root.close();
}

await { work, write, compare }[mode]();
console.log('ok');
