#include "doubles/sqlserver/exec/system_views.h"

#include <algorithm>
#include <array>

#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/value/decimal.h"

namespace dbstow::doubles::sqlserver {
namespace {

using Fill = void (*)(const ViewContext&, std::vector<Row>&);

struct View {
  std::string_view name;
  std::string_view columns;
  Fill fill;
  bool needs_server_state = false;
};

Value Name(const std::string& text) { return Text(text); }
Value Bit(bool is) { return Int(is ? 1 : 0); }
Value GuidOf(const std::string& guid) { return guid.empty() ? Value() : Text(guid); }

// VIEW ANY DATABASE is granted to public, so that everybody sees every database.
void FillDatabases(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, d] : context.instance.databases()) {
    const int state = d.state == DatabaseState::kOnline      ? 0
                      : d.state == DatabaseState::kRestoring ? 1
                                                             : 6;
    const int model = d.recovery_model == RecoveryModel::kFull         ? 1
                      : d.recovery_model == RecoveryModel::kBulkLogged ? 2
                                                                       : 3;
    const bool waits_for_log_backup =
        d.recovery_model != RecoveryModel::kSimple && !d.last_log_backup.IsNone();
    rows.push_back({Name(d.name),
                    Int(id),
                    {},
                    Value(Blob{std::string(1, '\x01')}),
                    TimeOf(d.create_date),
                    Int(d.compatibility_level),
                    Text(d.collation),
                    Int(static_cast<int>(d.access)),
                    Text(std::string(AccessName(d))),
                    Bit(d.read_only || d.standby),
                    Bit(false),
                    Int(state),
                    Text(std::string(StateName(d))),
                    Bit(d.standby),
                    Int(model),
                    Text(std::string(ToString(d.recovery_model))),
                    Bit(false),
                    Bit(false),
                    Text(d.page_verify),
                    Bit(d.trustworthy),
                    Bit(d.chaining),
                    Int(0),
                    Text("NONE"),
                    Int(waits_for_log_backup ? 2 : 0),
                    Text(waits_for_log_backup ? "LOG_BACKUP" : "NOTHING"),
                    {},
                    {},
                    Bit(false),
                    Bit(false),
                    GuidOf(d.id > 4 ? d.database_guid : "")});
  }
}

void FillFilesOf(const Database& d, std::vector<Row>& rows, bool all) {
  const bool restoring = d.state == DatabaseState::kRestoring;
  for (const DatabaseFile& file : d.files) {
    Row row;
    if (all) row.push_back(Int(d.id));
    const DifferentialBase& base = d.differential_base;
    const bool based = !file.log && !base.lsn.IsNone();
    const Row rest{Int(file.id),
                   GuidOf(file.guid),
                   Int(file.log ? 1 : 0),
                   Text(file.log ? "LOG" : "ROWS"),
                   Int(file.file_group),
                   Name(file.logical),
                   Text(file.physical),
                   Int(restoring ? 1 : 0),
                   Text(restoring ? "RESTORING" : "ONLINE"),
                   Int(file.size_pages),
                   Int(file.max_pages),
                   Int(8192),
                   Bit(false),
                   Bit(d.read_only),
                   file.create_lsn.ToValue(),
                   {},
                   {},
                   {},
                   based ? base.lsn.ToValue() : Value(),
                   based ? GuidOf(base.guid) : Value(),
                   based ? TimeOf(base.time) : Value(),
                   restoring ? d.redo_lsn.ToValue() : Value(),
                   restoring ? GuidOf(d.fork()) : Value(),
                   restoring ? d.redo_lsn.ToValue() : Value(),
                   restoring ? GuidOf(d.fork()) : Value(),
                   {}};
    row.insert(row.end(), rest.begin(), rest.end());
    rows.push_back(std::move(row));
  }
}

void FillMasterFiles(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, database] : context.instance.databases()) {
    FillFilesOf(database, rows, true);
  }
}
void FillDatabaseFiles(const ViewContext& context, std::vector<Row>& rows) {
  FillFilesOf(context.database, rows, false);
}

void FillRecoveryStatus(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, d] : context.instance.databases()) {
    const bool crossed = d.forks.size() > 1;
    rows.push_back({Int(id), GuidOf(d.database_guid), GuidOf(d.family_guid),
                    d.last_log_backup.ToValue(), GuidOf(d.fork()), GuidOf(d.forks.front().guid),
                    crossed ? d.forks.back().start.ToValue() : Value()});
  }
}

void FillFileGroups(const ViewContext& context, std::vector<Row>& rows) {
  for (const FileGroup& group : context.database.file_groups) {
    rows.push_back({Name(group.name), Int(group.id), Text("FG"), Text("ROWS_FILEGROUP"),
                    Bit(group.is_default), Bit(false), Bit(context.database.read_only)});
  }
}

void FillTables(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, table] : context.database.tables) {
    rows.push_back({Name(table.name), Int(id), Int(1), Text("U "), Text("USER_TABLE"),
                    TimeOf(context.database.create_date), Bit(false)});
  }
}

void FillColumns(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, table] : context.database.tables) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const TableColumn& column = table.columns[i];
      rows.push_back({Int(id), Name(column.name), Int(static_cast<std::int64_t>(i) + 1),
                      Text(ToString(column.type)), Bit(column.nullable), Bit(column.identity)});
    }
  }
}

void FillRequests(const ViewContext& context, std::vector<Row>& rows) {
  const Security security(context.instance);
  const bool all = security.HasServer(context.session.login, "VIEW SERVER PERFORMANCE STATE");
  for (const auto& [id, session] : context.sessions) {
    if (session->command.empty() || (!all && id != context.session.id)) continue;
    const Milliseconds elapsed = context.instance.Now() - session->request_start;
    const std::int64_t left =
        session->percent > 0
            ? static_cast<std::int64_t>(static_cast<double>(elapsed) * (100 - session->percent) /
                                        session->percent)
            : 0;
    rows.push_back({Int(id), Int(0), TimeOf(session->request_start), Text("running"),
                    Text(session->command), Int(session->database), Value(session->percent),
                    Int(left), session->wait_type.empty() ? Value() : Text(session->wait_type),
                    Int(0), Int(elapsed), Int(0)});
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

// Extents of eight pages: one holds eight rows here.
void FillSpaceUsage(const ViewContext& context, std::vector<Row>& rows) {
  const std::int64_t allocated = 320 + PagesOf(context, {});
  const std::int64_t modified = PagesOf(context, context.database.differential_base.lsn);
  rows.push_back({Int(context.database.id), Int(1), Int(1), Int(1024), Int(allocated),
                  Int(std::max<std::int64_t>(1024 - allocated, 0)), Int((modified + 7) / 8 * 8)});
}

std::int64_t LogRecords(const ViewContext& context, int database, const Lsn& from) {
  const SqlResult<std::vector<Row>> count = context.instance.store().Query(
      "SELECT COUNT(*) FROM log WHERE db = ? AND lsn >= ?", {Int(database), Text(from.ToKey())});
  return count ? std::get<std::int64_t>((*count)[0][0]) : 0;
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

void FillCredentials(const ViewContext& context, std::vector<Row>& rows) {
  int id = 65536;
  for (const Credential& credential : context.instance.server().credentials) {
    rows.push_back({Int(id++), Name(credential.name), Text(credential.identity),
                    TimeOf(credential.create_date)});
  }
}

void FillCertificates(const ViewContext& context, std::vector<Row>& rows) {
  int id = 256;
  for (const Certificate& certificate : context.instance.server().certificates) {
    std::string thumbprint;
    for (std::size_t i = 0; i + 1 < certificate.thumbprint.size(); i += 2) {
      thumbprint += static_cast<char>(std::stoi(certificate.thumbprint.substr(i, 2), nullptr, 16));
    }
    rows.push_back({Name(certificate.name), Int(id++), Value(Blob{thumbprint})});
  }
}

void FillServerPrincipals(const ViewContext& context, std::vector<Row>& rows) {
  int id = 1;
  for (const Login& login : context.instance.server().logins) {
    rows.push_back({Name(login.name), Int(id++), Text("S"), Text("SQL_LOGIN"), Bit(login.disabled),
                    Text(login.default_database)});
  }
}

void FillDatabasePrincipals(const ViewContext& context, std::vector<Row>& rows) {
  rows.push_back({Text("dbo"), Int(1), Text("S"), Text("SQL_USER")});
  int id = 5;
  for (const User& user : context.database.users) {
    rows.push_back({Name(user.name), Int(id++), Text("S"), Text("SQL_USER")});
  }
}

void FillSuspend(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, database] : context.instance.databases()) {
    if (database.suspended) rows.push_back({Int(id), Name(database.name)});
  }
}

void FillSchemas(const ViewContext&, std::vector<Row>& rows) {
  rows.push_back({Text("dbo"), Int(1)});
  rows.push_back({Text("sys"), Int(4)});
}

void FillConfigurations(const ViewContext&, std::vector<Row>& rows) {
  rows.push_back({Int(1579), Text("backup compression default"), Int(0), Int(0)});
  rows.push_back({Int(1584), Text("backup checksum default"), Int(0), Int(0)});
}

void FillNothing(const ViewContext&, std::vector<Row>&) {}

constexpr std::string_view kFileColumns =
    "file_id int, file_guid uniqueidentifier, type tinyint, type_desc nvarchar(60), "
    "data_space_id int, name sysname, physical_name nvarchar(260), state tinyint, "
    "state_desc nvarchar(60), size int, max_size int, growth int, is_media_read_only bit, "
    "is_read_only bit, create_lsn numeric(25,0), drop_lsn numeric(25,0), "
    "read_only_lsn numeric(25,0), read_write_lsn numeric(25,0), "
    "differential_base_lsn numeric(25,0), differential_base_guid uniqueidentifier, "
    "differential_base_time datetime, redo_start_lsn numeric(25,0), "
    "redo_start_fork_guid uniqueidentifier, redo_target_lsn numeric(25,0), "
    "redo_target_fork_guid uniqueidentifier, backup_lsn numeric(25,0)";

constexpr std::array kViews{
    View{"sys.databases",
         "name sysname, database_id int, source_database_id int, owner_sid varbinary(85), "
         "create_date datetime, compatibility_level tinyint, collation_name nvarchar(128), "
         "user_access tinyint, user_access_desc nvarchar(60), is_read_only bit, "
         "is_auto_close_on bit, state tinyint, state_desc nvarchar(60), is_in_standby bit, "
         "recovery_model tinyint, recovery_model_desc nvarchar(60), is_encrypted bit, "
         "is_accelerated_database_recovery_on bit, page_verify_option_desc nvarchar(60), "
         "is_trustworthy_on bit, is_db_chaining_on bit, containment tinyint, "
         "containment_desc nvarchar(60), log_reuse_wait tinyint, log_reuse_wait_desc nvarchar(60), "
         "replica_id uniqueidentifier, group_database_id uniqueidentifier, is_distributor bit, "
         "is_query_store_on bit, service_broker_guid uniqueidentifier",
         FillDatabases},
    View{"sys.master_files", "", FillMasterFiles},
    View{"sys.database_files", "", FillDatabaseFiles},
    View{"sys.database_recovery_status",
         "database_id int, database_guid uniqueidentifier, family_guid uniqueidentifier, "
         "last_log_backup_lsn numeric(25,0), recovery_fork_guid uniqueidentifier, "
         "first_recovery_fork_guid uniqueidentifier, fork_point_lsn numeric(25,0)",
         FillRecoveryStatus},
    View{"sys.filegroups",
         "name sysname, data_space_id int, type char(2), type_desc nvarchar(60), is_default bit, "
         "is_system bit, is_read_only bit",
         FillFileGroups},
    View{"sys.tables",
         "name sysname, object_id int, schema_id int, type char(2), type_desc nvarchar(60), "
         "create_date datetime, is_ms_shipped bit",
         FillTables},
    View{"sys.objects",
         "name sysname, object_id int, schema_id int, type char(2), type_desc nvarchar(60), "
         "create_date datetime, is_ms_shipped bit",
         FillTables},
    View{"sys.columns",
         "object_id int, name sysname, column_id int, type_desc nvarchar(60), is_nullable bit, "
         "is_identity bit",
         FillColumns},
    View{"sys.schemas", "name sysname, schema_id int", FillSchemas},
    View{"sys.configurations",
         "configuration_id int, name nvarchar(35), value int, value_in_use int",
         FillConfigurations},
    View{"sys.dm_exec_requests",
         "session_id smallint, request_id int, start_time datetime, status nvarchar(30), "
         "command nvarchar(32), database_id smallint, percent_complete float, "
         "estimated_completion_time bigint, wait_type nvarchar(60), blocking_session_id smallint, "
         "total_elapsed_time int, wait_time int",
         FillRequests},
    View{"sys.dm_exec_sessions",
         "session_id smallint, login_time datetime, host_name nvarchar(128), "
         "program_name nvarchar(128), login_name nvarchar(128), status nvarchar(30), "
         "database_id smallint, is_user_process bit, open_transaction_count int",
         FillSessions},
    View{"sys.dm_os_host_info",
         "host_platform nvarchar(256), host_distribution nvarchar(256), "
         "host_release nvarchar(256), host_service_pack_level nvarchar(256), host_sku int, "
         "os_language_version int",
         FillHostInfo},
    View{"sys.dm_db_file_space_usage",
         "database_id smallint, file_id smallint, filegroup_id smallint, total_page_count bigint, "
         "allocated_extent_page_count bigint, unallocated_extent_page_count bigint, "
         "modified_extent_page_count bigint",
         FillSpaceUsage},
    View{"sys.dm_db_log_stats",
         "database_id int, recovery_model nvarchar(60), log_min_lsn numeric(25,0), "
         "log_end_lsn numeric(25,0), total_log_size_mb float, log_backup_time datetime, "
         "log_backup_lsn numeric(25,0), log_since_last_log_backup_mb float",
         FillLogStats, true},
    View{"sys.dm_db_log_space_usage",
         "database_id smallint, total_log_size_in_bytes bigint, used_log_space_in_bytes bigint, "
         "used_log_space_in_percent float, log_space_in_bytes_since_last_backup bigint",
         FillLogSpace},
    View{"sys.credentials",
         "credential_id int, name sysname, credential_identity nvarchar(4000), "
         "create_date datetime",
         FillCredentials},
    View{"sys.certificates", "name sysname, certificate_id int, thumbprint varbinary(32)",
         FillCertificates},
    View{"sys.server_principals",
         "name sysname, principal_id int, type char(1), type_desc nvarchar(60), is_disabled bit, "
         "default_database_name sysname",
         FillServerPrincipals},
    View{"sys.database_principals",
         "name sysname, principal_id int, type char(1), type_desc nvarchar(60)",
         FillDatabasePrincipals},
    View{"sys.dm_server_suspend_status", "db_id int, db_name sysname", FillSuspend, true},
    View{"sys.availability_groups",
         "group_id uniqueidentifier, name sysname, is_distributed bit, "
         "automated_backup_preference_desc nvarchar(60)",
         FillNothing},
    View{"sys.availability_replicas",
         "replica_id uniqueidentifier, group_id uniqueidentifier, replica_server_name sysname",
         FillNothing},
    View{"sys.dm_hadr_availability_replica_states",
         "replica_id uniqueidentifier, group_id uniqueidentifier, role_desc nvarchar(60)",
         FillNothing, true},
    View{"sys.dm_hadr_database_replica_states",
         "database_id int, group_id uniqueidentifier, synchronization_state_desc nvarchar(60)",
         FillNothing, true},
    View{"sys.dm_hadr_physical_seeding_stats", "local_database_name sysname", FillNothing, true},
};

}  // namespace

std::vector<Column> ColumnsOf(std::string_view specification) {
  std::vector<Column> columns;
  int depth = 0;
  std::string one;
  const auto add = [&] {
    const auto start = one.find_first_not_of(' ');
    const auto space = one.find(' ', start);
    const SqlResult<SqlType> type = ParseType(one.substr(space + 1));
    columns.push_back({one.substr(start, space - start), type ? *type : IntType()});
    one.clear();
  };
  for (const char c : specification) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      add();
    } else {
      one += c;
    }
  }
  if (!one.empty()) add();
  return columns;
}

Value DecimalOf(std::int64_t number) { return Text(Decimal{number, 0}.ToSortable()); }

Value TimeOf(Milliseconds time) {
  return time == 0 ? Value() : Text(FormatDateTime(RoundToDateTime(time)));
}

SqlResult<std::optional<ViewRows>> ReadSystemView(const std::string& name,
                                                  const ViewContext& context) {
  const auto* view =
      std::find_if(kViews.begin(), kViews.end(), [&](const View& one) { return one.name == name; });
  if (view == kViews.end()) return ReadMsdbView(name, context);
  const Security security(context.instance);
  if (view->needs_server_state &&
      !security.HasServer(context.session.login, "VIEW SERVER PERFORMANCE STATE")) {
    return SqlError{300, 14,
                    "VIEW SERVER STATE permission was denied on object 'server', database "
                    "'master'."};
  }
  ViewRows result;
  if (name == "sys.master_files") {
    result.columns = ColumnsOf("database_id int, " + std::string(kFileColumns));
  } else {
    result.columns = ColumnsOf(name == "sys.database_files" ? kFileColumns : view->columns);
  }
  view->fill(context, result.rows);
  return std::optional(std::move(result));
}

}  // namespace dbstow::doubles::sqlserver
