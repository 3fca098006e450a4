// The oplogs of two servers that were not written by the same hand say the same of the same changes:
// node oplog.js URI URI.
const assert = require("assert");
const { MongoClient, Long } = require("mongodb");

async function change(things) {
  await things.insertOne({ _id: 1, a: 1, deep: { x: 1 } });
  await things.insertMany([{ _id: 2 }, { _id: 3, big: Long.fromString("9007199254740993") }]);
  await things.updateOne({ _id: 1 }, { $set: { a: 2, b: "new" } });
  await things.updateMany({ _id: { $gt: 1 } }, { $set: { many: true } });
  await things.replaceOne({ _id: 2 }, { other: 1 });
  await things.updateOne({ _id: "upserted" }, { $set: { u: 1 } }, { upsert: true });
  await things.deleteOne({ _id: 3 });
  await things.deleteMany({});
  await things.drop();
}

// What an entry means, in either of the shapes that updates have had: $set, or a diff of version 2.
function meaning({ op, ns, o, o2 }) {
  if (op === "u" && o.diff) return [op, ns, o2, { ...o.diff.u, ...o.diff.i }];
  if (op === "u") return [op, ns, o2, o.$set || o];
  return op === "c" ? [op, ns, { drop: o.drop }] : [op, ns, o];
}

async function log(uri) {
  const client = await MongoClient.connect(uri, { directConnection: true, retryWrites: false });
  const things = client.db("proof").collection("things");
  const oplog = client.db("local").collection("oplog.rs");
  await things.insertOne({ _id: "before" });
  const { ts, ui } = await oplog.findOne({ ns: "proof.things", "o._id": "before" });
  await change(things);
  const entries = await oplog.find({ ts: { $gt: ts } }, { promoteLongs: false }).toArray();
  await client.close();
  let last = ts;
  for (const entry of entries) {
    assert.ok(entry.ts.greaterThan(last) && entry.ui.equals(ui), "in order, and of the same collection");
    assert.ok(Number(entry.v) === 2 && entry.wall instanceof Date && entry.t !== undefined);
    last = entry.ts;
  }
  return entries.map(meaning);
}

async function main(first, second) {
  const entries = await log(first);
  assert.strictEqual(entries.map(([op]) => op).join(""), "iiiuuuuidddddc");
  assert.deepStrictEqual(entries, await log(second));
}

main(...process.argv.slice(2)).catch((problem) => { console.error(problem); process.exit(1); });
