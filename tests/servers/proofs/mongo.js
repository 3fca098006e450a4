// What the driver of MongoDB inserts it finds again: node mongo.js URI.
const assert = require("assert");
const { MongoClient, Long, Binary } = require("mongodb");

async function main(uri) {
  const client = await MongoClient.connect(uri);
  const kept = client.db("proof").collection("kept");
  await client.db("proof").dropDatabase();
  const documents = Array.from({ length: 300 }, (_, n) =>
    ({ _id: n, text: `w${n}`, big: Long.fromString("9007199254740993"), raw: new Binary(Buffer.from([0, 255, n % 256])) }));
  await kept.insertMany(documents);
  await kept.createIndex({ text: 1 }, { unique: true });
  const found = await kept.find({}, { promoteLongs: false }).sort({ _id: 1 }).toArray();
  assert.deepStrictEqual(found, documents);
  await assert.rejects(kept.insertOne({ _id: 1000, text: "w1" }), { code: 11000 });
  assert.strictEqual((await kept.deleteMany({ _id: { $gte: 100 } })).deletedCount, 200);
  assert.strictEqual(await kept.countDocuments({}), 100);
  await client.close();
}

main(process.argv[2]).catch((problem) => { console.error(problem); process.exit(1); });
