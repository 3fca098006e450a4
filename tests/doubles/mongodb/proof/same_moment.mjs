// A restored server holds what the source held at the last entry of the dump's oplog:
// usage: same_moment.mjs SOURCE TARGET OPLOG_FILE
import fs from 'node:fs';
import { mongodb, check } from './types.mjs';
const { MongoClient, BSON } = mongodb;

const bytes = fs.readFileSync(process.argv[4]);
let last;
let count = 0;
for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at)) {
  last = BSON.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at)));
  count++;
}
check(count > 0, 'the dump has an oplog');
async function contents(uri, readConcern) {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 20000 });
  await client.connect();
  const reply = await client.db('busy').command({ find: 'c', sort: { _id: 1 }, batchSize: 1000000,
    singleBatch: true, ...(readConcern ? { readConcern } : {}) });
  await client.close();
  return reply.cursor.firstBatch.map((d) => JSON.stringify(d));
}
const source = await contents(process.argv[2], { level: 'snapshot', atClusterTime: last.ts });
const target = await contents(process.argv[3]);
check(source.length === target.length, `${source.length} and ${target.length} documents, ${count} entries`);
source.forEach((document, i) => check(document === target[i], `${document} is not ${target[i]}`));
check(source.length > 10, 'there was something to compare');
console.log('ok');
