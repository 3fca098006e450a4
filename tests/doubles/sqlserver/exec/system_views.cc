#include "doubles/sqlserver/exec/system_views.h"

#include <algorithm>
#include <array>

#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/exec/view_rows.h"
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
         "is_query_store_on bit, service_broker_guid uniqueidentifier, is_broker_enabled bit",
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
    View{"sys.backup_devices",
         "name sysname, type tinyint, type_desc nvarchar(60), physical_name nvarchar(260)",
         FillBackupDevices},
    View{"sys.certificates", "name sysname, certificate_id int, thumbprint varbinary(32)",
         FillCertificates},
    View{"sys.server_principals",
         "name sysname, principal_id int, type char(1), type_desc nvarchar(60), is_disabled bit, "
         "default_database_name sysname",
         FillServerPrincipals},
    View{"sys.database_principals",
         "name sysname, principal_id int, type char(1), type_desc nvarchar(60)",
         FillDatabasePrincipals},
    View{"sys.dm_server_suspend_status",
         "db_id int, db_name sysname, suspend_session_id smallint, suspend_time_ms bigint, "
         "is_diffmap_cleared bit, is_writeio_frozen bit",
         FillSuspend, true},
    View{"sys.availability_groups",
         "group_id uniqueidentifier, name sysname, is_distributed bit, "
         "automated_backup_preference_desc nvarchar(60)",
         FillAvailabilityGroups},
    View{"sys.availability_replicas",
         "replica_id uniqueidentifier, group_id uniqueidentifier, replica_server_name sysname",
         FillAvailabilityReplicas},
    View{"sys.dm_hadr_availability_replica_states",
         "replica_id uniqueidentifier, group_id uniqueidentifier, role_desc nvarchar(60)",
         FillReplicaStates, true},
    View{"sys.dm_hadr_database_replica_states",
         "database_id int, group_id uniqueidentifier, synchronization_state_desc nvarchar(60)",
         FillDatabaseReplicaStates, true},
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
