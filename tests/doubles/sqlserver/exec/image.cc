#include "doubles/sqlserver/exec/image.h"

#include <optional>

#include "doubles/sqlserver/model/row_codec.h"

namespace dbstow::doubles::sqlserver {
namespace {

SqlResult<TableImage> ImageOf(Instance& instance, const Journal& journal, const Table& table,
                              const std::optional<Lsn>& base) {
  std::string columns = "rid, lsn";
  for (std::size_t i = 0; i < table.columns.size(); ++i) columns += ", c" + std::to_string(i);
  DBSTOW_ASSIGN(const std::vector<Row> rows,
                instance.store().Query("SELECT " + columns + " FROM " + journal.RowsOf(table.id) +
                                       " ORDER BY rid"));
  TableImage image;
  image.table = table.id;
  for (const Row& row : rows) {
    const std::int64_t row_id = std::get<std::int64_t>(row[0]);
    const std::string& lsn = std::get<std::string>(row[1]);
    if (base) image.alive.push_back(row_id);
    if (base && lsn < base->ToKey()) continue;
    image.rows.push_back({row_id, lsn, EncodeRow(Row(row.begin() + 2, row.end()))});
  }
  return image;
}

}  // namespace

SqlResult<Payload> TakeImage(Instance& instance, int id, const std::set<int>& files,
                             ImageKind kind) {
  const Database& database = instance.databases().at(id);
  const Journal journal(instance, id);
  Payload payload;
  payload.image_lsn = database.next_lsn;
  payload.database = database;
  for (const auto& [table_id, table] : database.tables) {
    const int file = database.FileOf(table);
    if (!files.contains(file)) continue;
    std::optional<Lsn> base;
    if (kind == ImageKind::kChanges) base = database.FindFile(file)->base.lsn;
    DBSTOW_ASSIGN(TableImage image, ImageOf(instance, journal, table, base));
    payload.tables.push_back(std::move(image));
  }
  return payload;
}

}  // namespace dbstow::doubles::sqlserver
