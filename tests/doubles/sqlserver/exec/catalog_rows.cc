#include "doubles/sqlserver/exec/view_rows.h"

#include <algorithm>

#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/model/journal.h"

namespace dbstow::doubles::sqlserver {
namespace {

// There is one availability group, with this server and a replica that nobody sees.
constexpr const char* kGroup = "6F9619FF-8B86-D011-B42D-00C04FC964A0";
constexpr const char* kReplica = "6F9619FF-8B86-D011-B42D-00C04FC964A1";

std::pair<int, std::string> StateOf(const Database& database, const DatabaseFile& file) {
  switch (file.state) {
    case FileState::kPending: return {3, "RECOVERY_PENDING"};
    case FileState::kDefunct: return {7, "DEFUNCT"};
    case FileState::kRestoring: return {1, "RESTORING"};
    case FileState::kOnline: break;
  }
  if (database.state == DatabaseState::kRestoring) return {1, "RESTORING"};
  return {0, "ONLINE"};
}

void FillFilesOf(const Database& d, std::vector<Row>& rows, bool all) {
  for (const DatabaseFile& file : d.files) {
    Row row;
    if (all) row.push_back(Int(d.id));
    const DifferentialBase& base = file.base;
    const bool based = !file.log && !base.lsn.IsNone();
    const FileGroup* group = d.FindFileGroup(file.file_group);
    const auto [state, state_name] = StateOf(d, file);
    const Position target = file.target.lsn.IsNone() ? file.redo : file.target;
    const Row rest{Int(file.id),
                   GuidOf(file.guid),
                   Int(file.log ? 1 : 0),
                   Text(file.log ? "LOG" : "ROWS"),
                   Int(file.file_group),
                   Text(file.logical),
                   Text(file.physical),
                   Int(state),
                   Text(state_name),
                   Int(file.size_pages),
                   Int(file.max_pages),
                   Int(8192),
                   Bit(false),
                   Bit(d.read_only || (group != nullptr && group->read_only)),
                   file.create_lsn.ToValue(),
                   {},
                   group == nullptr ? Value() : group->read_only_lsn.ToValue(),
                   {},
                   based ? base.lsn.ToValue() : Value(),
                   based ? GuidOf(base.guid) : Value(),
                   based ? TimeOf(base.time) : Value(),
                   file.redo.lsn.ToValue(),
                   GuidOf(file.redo.fork),
                   target.lsn.ToValue(),
                   GuidOf(target.fork),
                   {}};
    row.insert(row.end(), rest.begin(), rest.end());
    rows.push_back(std::move(row));
  }
}

}  // namespace

// VIEW ANY DATABASE is granted to public, so that everybody sees every database.
void FillDatabases(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, d] : context.instance.databases()) {
    const int state = StateNumber(d);
    const int model = d.recovery_model == RecoveryModel::kFull         ? 1
                      : d.recovery_model == RecoveryModel::kBulkLogged ? 2
                                                                       : 3;
    const bool waits_for_log_backup =
        d.recovery_model != RecoveryModel::kSimple && !d.last_log_backup.IsNone();
    rows.push_back({Text(d.name),
                    Int(id),
                    d.IsSnapshot() ? Int(d.source_id) : Value(),
                    Value(Blob{std::string(1, '\x01')}),
                    TimeOf(d.create_date),
                    Int(d.compatibility_level),
                    Text(d.collation),
                    Int(static_cast<int>(d.access)),
                    Text(std::string(AccessName(d))),
                    Bit(d.read_only || d.standby || d.IsSnapshot()),
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
                    GuidOf(d.replica_role.empty() ? "" : kReplica),
                    GuidOf(d.replica_role.empty() ? "" : d.family_guid),
                    Bit(false),
                    Bit(false),
                    GuidOf(d.id > 4 ? d.broker_guid : ""),
                    Bit(d.broker_enabled)});
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
    rows.push_back({Text(group.name), Int(group.id), Text("FG"), Text("ROWS_FILEGROUP"),
                    Bit(group.is_default), Bit(false),
                    Bit(context.database.read_only || group.read_only)});
  }
}

void FillTables(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, table] : context.database.tables) {
    rows.push_back({Text(table.name), Int(id), Int(1), Text("U "), Text("USER_TABLE"),
                    TimeOf(context.database.create_date), Bit(false)});
  }
}

void FillColumns(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, table] : context.database.tables) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const TableColumn& column = table.columns[i];
      rows.push_back({Int(id), Text(column.name), Int(static_cast<std::int64_t>(i) + 1),
                      Text(ToString(column.type)), Bit(column.nullable), Bit(column.identity)});
    }
  }
}

void FillCredentials(const ViewContext& context, std::vector<Row>& rows) {
  int id = 65536;
  for (const Credential& credential : context.instance.server().credentials) {
    rows.push_back({Int(id++), Text(credential.name), Text(credential.identity),
                    TimeOf(credential.create_date)});
  }
}

void FillBackupDevices(const ViewContext& context, std::vector<Row>& rows) {
  for (const LogicalDevice& device : context.instance.server().backup_devices) {
    rows.push_back({Text(device.name), Int(2), Text("DISK"), Text(device.path)});
  }
}

void FillCertificates(const ViewContext& context, std::vector<Row>& rows) {
  int id = 256;
  for (const Certificate& certificate : context.instance.server().certificates) {
    rows.push_back(
        {Text(certificate.name), Int(id++), Value(Blob{BytesOfHex(certificate.thumbprint)})});
  }
}

void FillServerPrincipals(const ViewContext& context, std::vector<Row>& rows) {
  int id = 1;
  for (const Login& login : context.instance.server().logins) {
    rows.push_back({Text(login.name), Int(id++), Text("S"), Text("SQL_LOGIN"), Bit(login.disabled),
                    Text(login.default_database)});
  }
}

void FillDatabasePrincipals(const ViewContext& context, std::vector<Row>& rows) {
  rows.push_back({Text("dbo"), Int(1), Text("S"), Text("SQL_USER")});
  int id = 5;
  for (const User& user : context.database.users) {
    rows.push_back({Text(user.name), Int(id++), Text("S"), Text("SQL_USER")});
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

void FillAvailabilityGroups(const ViewContext& context, std::vector<Row>& rows) {
  if (context.instance.ReplicaRole().empty()) return;
  rows.push_back({Text(kGroup), Text("ag"), Bit(false), Text("SECONDARY")});
}

void FillAvailabilityReplicas(const ViewContext& context, std::vector<Row>& rows) {
  if (context.instance.ReplicaRole().empty()) return;
  rows.push_back({Text(kReplica), Text(kGroup), Text(context.instance.settings().server_name)});
}

void FillReplicaStates(const ViewContext& context, std::vector<Row>& rows) {
  const std::string role = context.instance.ReplicaRole();
  if (!role.empty()) rows.push_back({Text(kReplica), Text(kGroup), Text(role)});
}

void FillDatabaseReplicaStates(const ViewContext& context, std::vector<Row>& rows) {
  for (const auto& [id, database] : context.instance.databases()) {
    if (database.replica_role.empty()) continue;
    rows.push_back({Int(id), Text(kGroup), Text("SYNCHRONIZED")});
  }
}

}  // namespace dbstow::doubles::sqlserver
