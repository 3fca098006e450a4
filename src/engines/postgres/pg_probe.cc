#include "engines/postgres/pg_probe.h"

#include <string>

#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_lock_holders.h"
#include "engines/postgres/pg_options.h"
#include "engines/postgres/pg_session.h"
#include "engines/postgres/pg_tools.h"
#include "engines/postgres/pg_zero_copy.h"

namespace dbstow::postgres {
namespace {

constexpr std::string_view kPhysical =
    "physical backups of PostgreSQL are not part of this version";
constexpr std::string_view kUseLogical = "use --type logical";

// Settings that a role may not see (data_directory needs pg_read_all_settings) come as NULL.
constexpr const char* kAttributes = R"sql(
SELECT
  current_setting('cluster_name', true),
  CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END,
  current_setting('wal_level'), current_setting('archive_mode'), current_setting('max_connections'),
  (SELECT string_agg(extname || ' ' || extversion, ', ' ORDER BY extname) FROM pg_extension),
  current_setting('server_encoding'), d.datcollate, d.datctype,
  CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) END,
  pg_is_in_recovery(), current_setting('block_size'), current_setting('data_checksums', true),
  pg_get_userbyid(d.datdba), d.oid,
  (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384),
  current_user
FROM pg_database d WHERE d.datname = current_database()
)sql";

// Large objects that the role may not read: pg_read_all_data does not cover them. Before 18 no
// function of the server tells.
constexpr const char* kMayReadObject = R"sql(
  EXISTS (SELECT FROM aclexplode(coalesce(m.lomacl, acldefault('L', m.lomowner))) x
          WHERE x.privilege_type = 'SELECT'
            AND (x.grantee = 0 OR pg_has_role(x.grantee, 'USAGE')))
)sql";

std::string HiddenObjects(int server_version) {
  return "SELECT string_agg(oid::text, ', ') FROM (SELECT m.oid FROM pg_largeobject_metadata m"
         " WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
         " AND current_setting('lo_compat_privileges') = 'off' AND NOT " +
         std::string(server_version >= 180000 ? "has_largeobject_privilege(m.oid, 'SELECT')"
                                              : kMayReadObject) +
         " ORDER BY m.oid LIMIT 3) x";
}

// What stands in the way of reading everything, seen before the first byte.
constexpr const char* kRights = R"sql(
SELECT r.rolsuper, r.rolcreatedb, r.rolbypassrls,
  (SELECT string_agg(quote_ident(nspname) || '.' || quote_ident(relname), ', ')
   FROM (SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'S') AND c.oid >= 16384 AND c.relpersistence <> 't'
           AND n.nspname !~ '^pg_(toast|temp)'
           AND NOT (has_schema_privilege(n.oid, 'USAGE')
                    AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT')
                                       ELSE has_table_privilege(c.oid, 'SELECT') END)
         ORDER BY 1, 2 LIMIT 3) x),
  (SELECT string_agg(quote_ident(nspname) || '.' || quote_ident(relname), ', ')
   FROM (SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND row_security_active(c.oid) ORDER BY 1, 2 LIMIT 3) x)
FROM pg_roles r WHERE r.rolname = current_user
)sql";

void DenyPhysical(CapabilitySet& set) {
  for (std::string_view name : {capability::kBackupFull, capability::kBackupDifferential,
                                capability::kBackupLog, capability::kBackupSnapshot}) {
    set.Deny(name, std::string(kPhysical), std::string(kUseLogical));
  }
  set.Deny(capability::kRestorePointInTime,
           "a logical backup holds one moment; going to another needs physical backups and WAL",
           "restore the newest backup before that moment");
  set.Deny(capability::kClonePointInTime, "a clone shows the moment at which it is made",
           "restore an older backup instead");
}

StringMap ReadAttributes(const PgRows& rows) {
  static constexpr const char* kNames[] = {"clusterName",
                                           "dataDirectory",
                                           "walLevel",
                                           "archiveMode",
                                           "maxConnections",
                                           "installedExtensions",
                                           "serverEncoding",
                                           "collation",
                                           "characterType",
                                           "sizeBytes",
                                           "isInRecovery",
                                           "blockSize",
                                           "dataChecksums",
                                           "owner",
                                           "databaseOid",
                                           "tables",
                                           "role"};
  StringMap attributes;
  for (int column = 0; column < static_cast<int>(std::size(kNames)); ++column) {
    attributes[kNames[column]] = rows.String(0, column);
  }
  attributes["encoding"] = attributes["serverEncoding"];
  attributes["isInRecovery"] = rows.IsTrue(0, 10) ? "true" : "false";
  const std::string role = attributes["role"];
  if (rows.IsNull(0, 1)) {
    attributes["dataDirectory"] = "not visible to role " + role + " (grant pg_read_all_settings)";
  }
  if (rows.IsNull(0, 9)) attributes["sizeBytes"] = "not visible to role " + role;
  return attributes;
}

struct BackupFindings {
  const PgRows& rights;
  std::string hidden_objects;  // of the first large objects that the role may not read
  const Result<ClientProgram>& pg_dump;
  int server_version = 0;
};

void JudgeBackup(const BackupFindings& found, CapabilitySet& set) {
  const PgRows& rights = found.rights;
  std::string reason;
  std::string remedy;
  if (!found.pg_dump) {
    reason = found.pg_dump.error().message();
    remedy = found.pg_dump.error().hint();
  } else if (!rights.IsNull(0, 3)) {
    reason = "the role may not read " + rights.String(0, 3);
    remedy = RemedyForReading(found.server_version);
  } else if (!rights.IsNull(0, 4)) {
    reason = "row-level security hides rows of " + rights.String(0, 4) + " from the role";
    remedy = "ALTER ROLE … BYPASSRLS, or back up as the tables' owner or a superuser";
  } else if (!found.hidden_objects.empty()) {
    reason = "the role may not read large objects: " + found.hidden_objects + ", …";
    remedy = "GRANT SELECT ON LARGE OBJECT … TO the role, or back up as their owner or a superuser";
  }
  for (std::string_view name : {capability::kBackup, capability::kBackupLogical}) {
    if (reason.empty()) {
      set.Allow(name);
    } else {
      set.Deny(name, reason, remedy);
    }
  }
}

void JudgeRestore(const PgRows& rights, bool in_recovery, CapabilitySet& set) {
  std::string reason;
  std::string remedy;
  if (in_recovery) {
    reason = "the server is a standby and read-only";
    remedy = "use the primary";
  } else if (!rights.IsTrue(0, 0) && !rights.IsTrue(0, 1)) {
    reason = "the role may not create databases";
    remedy = "ALTER ROLE … CREATEDB, or use a superuser";
  }
  for (std::string_view name : {capability::kRestore, capability::kClone, capability::kVerify}) {
    if (reason.empty()) {
      set.Allow(name);
    } else {
      set.Deny(name, reason, remedy);
    }
  }
}

void AddZeroCopy(const ZeroCopyVerdict& verdict, CapabilitySet& set) {
  if (verdict.shares == ZeroCopyVerdict::Shares::kYes) {
    set.Allow(capability::kCloneZeroCopy);
  } else {
    set.Deny(capability::kCloneZeroCopy, verdict.reason, verdict.remedy);
  }
}

Result<InstanceState> Probe(const ConnectionInfo& connection, const EnginePorts& ports,
                            const OperationContext& context) {
  // The options of what is to come are not known yet.
  DBSTOW_ASSIGN(const auto session,
                PgSession::Open(connection, context, DumpOptions().lock_timeout_ms));
  DBSTOW_ASSIGN(const PgRows attributes, session->Query(kAttributes));
  DBSTOW_ASSIGN(const PgRows rights, session->Query(kRights));
  const int version = session->version_number();
  DBSTOW_ASSIGN(const PgRows objects, session->Query(HiddenObjects(version)));
  const auto pg_dump = FindClientProgram("pg_dump", version / 10000, ports, context);
  if (!pg_dump && pg_dump.error().code() != ErrorCode::kUnsupportedCapability) {
    return pg_dump.error();
  }
  InstanceState state;
  state.version = session->version_text();
  state.attributes = ReadAttributes(attributes);
  DenyPhysical(state.capabilities);
  JudgeBackup({rights, objects.String(0, 0), pg_dump, version}, state.capabilities);
  JudgeRestore(rights, attributes.IsTrue(0, 10), state.capabilities);
  DBSTOW_ASSIGN(const ZeroCopyFacts facts, ReadZeroCopyFacts(*session));
  AddZeroCopy(JudgeZeroCopy(facts, ports.files), state.capabilities);
  state.capabilities.Allow(capability::kExport);
  return state;
}

}  // namespace

CapabilitySet EverCapabilities() {
  CapabilitySet set;
  for (std::string_view name :
       {capability::kBackup, capability::kBackupLogical, capability::kRestore, capability::kClone,
        capability::kVerify, capability::kExport}) {
    set.Allow(name);
  }
  DenyPhysical(set);
  // What a server that is new enough, set up for it and on such a file system can do.
  set.Allow(capability::kCloneZeroCopy);
  return set;
}

std::string RemedyForReading(int server_version) {
  if (server_version >= 140000) return "GRANT pg_read_all_data TO the role, or use another role";
  return "GRANT USAGE ON SCHEMA and SELECT ON ALL TABLES and ALL SEQUENCES IN SCHEMA … TO the "
         "role, "
         "or use another role";
}

Result<InstanceState> ProbeServer(const ConnectionInfo& connection, const EnginePorts& ports,
                                  const OperationContext& context) {
  auto state = Probe(connection, ports, context);
  if (!state) return NameLockHolder(state.error(), connection, context);
  return state;
}

}  // namespace dbstow::postgres
