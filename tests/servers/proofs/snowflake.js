// The driver of Snowflake logs in and keeps rows: node snowflake.js URL.
const assert = require("assert");
const snowflake = require("snowflake-sdk");

snowflake.configure({ logLevel: "OFF", ocspFailOpen: true });

function run(connection, sqlText) {
  return new Promise((resolve, reject) => connection.execute({
    sqlText, complete: (problem, _statement, rows) => (problem ? reject(problem) : resolve(rows)) }));
}

async function main(url) {
  const connection = snowflake.createConnection({
    account: "fakesnow", accessUrl: url, username: "dbstow", password: "any", database: "proof", schema: "public" });
  await new Promise((resolve, reject) => connection.connect((problem) => (problem ? reject(problem) : resolve())));
  await run(connection, "create table kept (n int)");
  await run(connection, "insert into kept values (1), (2), (39)");
  await run(connection, "create table copied clone kept");
  const rows = await run(connection, "delete from kept where n = 39");
  assert.ok(rows);
  await new Promise((resolve) => connection.destroy(resolve));
}

main(process.argv[2]).then(() => process.exit(0), (problem) => { console.error(problem); process.exit(1); });
