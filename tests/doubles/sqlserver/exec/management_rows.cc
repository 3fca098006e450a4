#include "doubles/sqlserver/exec/view_rows.h"

#include <algorithm>

#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/model/journal.h"

namespace dbstow::doubles::sqlserver {
namespace {

std::int64_t PagesOf(const ViewContext& context, const Lsn& since) {
  std::int64_t rows = 0;
  Journal journal(context.instance, context.database.id);
  for (const auto& [id, table] : context.database.tables) {
    const SqlResult<std::vector<Row>> count = context.instance.store().Query(
        "SELECT COUNT(*) FROM " + journal.RowsOf(id) + " WHERE lsn >= ?", {Text(since.ToKey())});
    if (count) rows += std::get<std::int64_t>((*count)[0][0]);
  }
  return rows;
}

std::int64_t LogRecords(const ViewContext& context, int database, const Lsn& from) {
  const SqlResult<std::vector<Row>> count = context.instance.store().Query(
      "SELECT COUNT(*) FROM log WHERE db = ? AND lsn >= ?", {Int(database), Text(from.ToKey())});
  return count ? std::get<std::int64_t>((*count)[0][0]) : 0;
}

}  // namespace

void FillRequests(const ViewContext& context, std::vector<Row>& rows) {
  const Security security(context.instance);
  const bool all = security.HasServer(context.session.login, "VIEW SERVER PERFORMANCE STATE");
  for (const auto& [id, session] : context.sessions) {
    const bool waits = !session->wait_type.empty();
    if ((session->command.empty() && !waits) || (!all && id != context.session.id)) continue;
    const Milliseconds elapsed = context.instance.Now() - session->request_start;
    const std::int64_t left =
        session->percent > 0
            ? static_cast<std::int64_t>(static_cast<double>(elapsed) * (100 - session->percent) /
                                        session->percent)
            : 0;
    rows.push_back({Int(id), Int(0), TimeOf(session->request_start),
                    Text(waits ? "suspended" : "running"), Text(session->command),
                    Int(session->database), Value(session->percent), Int(left),
                    waits ? Text(session->wait_type) : Value(), Int(0), Int(elapsed), Int(0)});
  }
}

void FillSessions(const ViewContext& context, std::vector<Row>& rows) {
  const Security security(context.instance);
  const bool all = security.HasServer(context.session.login, "VIEW SERVER PERFORMANCE STATE");
  for (const auto& [id, session] : context.sessions) {
    if (!all && id != context.session.id) continue;
    rows.push_back({Int(id), TimeOf(session->login_time), Text(session->host),
                    Text(session->program), Text(session->login),
                    Text(session->command.empty() ? "sleeping" : "running"), Int(session->database),
                    Bit(true), Int(session->transaction.depth)});
  }
}

void FillHostInfo(const ViewContext&, std::vector<Row>& rows) {
  rows.push_back({Text("Linux"), Text("Debian GNU/Linux"), Text("12"), Text(""), {}, Int(1033)});
}

// Extents of eight pages: one holds eight rows here.
void FillSpaceUsage(const ViewContext& context, std::vector<Row>& rows) {
  const std::int64_t allocated = 320 + PagesOf(context, {});
  const std::int64_t modified = PagesOf(context, context.database.CommonBase().lsn);
  rows.push_back({Int(context.database.id), Int(1), Int(1), Int(1024), Int(allocated),
                  Int(std::max<std::int64_t>(1024 - allocated, 0)), Int((modified + 7) / 8 * 8)});
}

void FillLogStats(const ViewContext& context, std::vector<Row>& rows) {
  const Database* database = &context.database;
  if (!context.arguments.empty()) {
    const auto* id = std::get_if<std::int64_t>(&context.arguments[0].value);
    if (id == nullptr) return;
    const auto found = context.instance.databases().find(static_cast<int>(*id));
    if (found == context.instance.databases().end()) return;
    database = &found->second;
  }
  const auto records =
      static_cast<double>(LogRecords(context, database->id, database->last_log_backup));
  rows.push_back({Int(database->id), Text(std::string(ToString(database->recovery_model))),
                  database->checkpoint_lsn.ToValue(), database->next_lsn.ToValue(),
                  Value(records * 512 / 1048576), TimeOf(database->last_log_backup_time),
                  database->last_log_backup.ToValue(), Value(records * 512 / 1048576)});
}

void FillLogSpace(const ViewContext& context, std::vector<Row>& rows) {
  const std::int64_t used = LogRecords(context, context.database.id, {}) * 512;
  const std::int64_t since =
      LogRecords(context, context.database.id, context.database.last_log_backup) * 512;
  rows.push_back({Int(context.database.id), Int(8388608), Int(used),
                  Value(static_cast<double>(used) * 100 / 8388608), Int(since)});
}

void FillSuspend(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, suspension] : context.instance.suspended) {
    rows.push_back({Int(id), Text(context.instance.databases().at(id).name),
                    Int(suspension.session), Int(context.instance.Now() - suspension.since),
                    Bit(suspension.clears_differential), Bit(true)});
  }
}

}  // namespace dbstow::doubles::sqlserver
