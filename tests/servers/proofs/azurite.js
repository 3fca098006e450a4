// Microsoft's own client puts a blob by blocks, reads it back, and creates a name only once.
const assert = require("assert");
const { BlobServiceClient } = require("@azure/storage-blob");

async function main(connection) {
  const container = BlobServiceClient.fromConnectionString(connection).getContainerClient("proof");
  await container.create();
  const blob = container.getBlockBlobClient("folder/kept");
  const parts = [Buffer.alloc(100000, 1), Buffer.alloc(7, 2)];
  const ids = ["AAAA", "AAAB"];
  for (let i = 0; i < 2; ++i) await blob.stageBlock(ids[i], parts[i], parts[i].length);
  await blob.commitBlockList(ids);
  assert.ok((await blob.downloadToBuffer()).equals(Buffer.concat(parts)));
  await assert.rejects(blob.upload("x", 1, { conditions: { ifNoneMatch: "*" } }), { statusCode: 409 });
  const names = [];
  for await (const item of container.listBlobsFlat()) names.push(item.name);
  assert.deepStrictEqual(names, ["folder/kept"]);
}

main(process.argv[2]).catch((problem) => { console.error(problem); process.exit(1); });
