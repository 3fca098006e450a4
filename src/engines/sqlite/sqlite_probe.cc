#include <unistd.h>

#include "engines/sqlite/sqlite_instance.h"

namespace dbstow::sqlite {
namespace {

// The attributes and where they come from.
struct Attribute {
  const char* name;
  const char* query;
};
constexpr Attribute kAttributes[] = {
    {"pageSize", "PRAGMA page_size"},
    {"pageCount", "PRAGMA page_count"},
    {"encoding", "PRAGMA encoding"},
    {"userVersion", "PRAGMA user_version"},
    {"applicationId", "PRAGMA application_id"},
    {"freelistCount", "PRAGMA freelist_count"},
    {"autoVacuum", "PRAGMA auto_vacuum"},
    {"tables", "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"},
};

Result<StringMap> ReadAttributes(Snapshot& snapshot) {
  StringMap attributes;
  Session& session = snapshot.session();
  for (const Attribute& each : kAttributes) {
    DBSTOW_ASSIGN(attributes[each.name], session.Text(each.query));
  }
  attributes["journalMode"] = snapshot.journal_mode();
  attributes["sizeBytes"] = std::to_string(snapshot.size());
  attributes["sqliteVersion"] = LibraryVersion();
  return attributes;
}

// What needs to read the database, when it cannot be read.
void DenyReading(CapabilitySet& can, const Error& why) {
  for (std::string_view name :
       {capability::kBackup, capability::kBackupFull, capability::kBackupSnapshot,
        capability::kClone, capability::kCloneZeroCopy}) {
    can.Deny(name, why);
  }
}

// What writes beside the database, when its folder does not allow it.
void DenyWriting(CapabilitySet& can, const std::string& folder) {
  if (access(folder.c_str(), W_OK) == 0) return;
  const std::string reason = "the folder '" + folder + "' cannot be written";
  can.Deny(capability::kCloneZeroCopy, reason, "give an absolute path as target");
}

void ProbeSharing(CapabilitySet& can, const std::string& folder) {
  if (!can.Contains(capability::kCloneZeroCopy)) return;
  if (const auto why = WhyNoReflink(folder)) {
    can.Deny(capability::kCloneZeroCopy, *why + " (in '" + folder + "')",
             "keep the database on xfs or btrfs; a clone is a plain copy until then");
  }
}

Result<std::vector<std::string>> CheckSource(const Source& source, Integrity wanted,
                                             io::FileSystem& files,
                                             const OperationContext& context) {
  DBSTOW_ASSIGN(auto snapshot, Snapshot::Pin(source, 0, files, context));
  return FindDamage(snapshot->session(), wanted, 1, context);
}

bool IsAboutTheDatabase(const Error& error) {
  return error.code() != ErrorCode::kCancelled && error.code() != ErrorCode::kTimeout;
}

}  // namespace

// An unreadable database is a state, not a failure: restoring over it or exporting a backup of it
// is what remains possible, and is needed most then.
Result<InstanceState> SqliteInstance::Probe(OperationContext& context) {
  InstanceState state{.version = LibraryVersion(), .capabilities = EverCapabilities()};
  state.attributes["path"] = settings_.path;
  state.attributes["sqliteVersion"] = LibraryVersion();
  auto snapshot = Snapshot::Pin(source(), 0, ports_.files, context);
  if (!snapshot) {
    if (!IsAboutTheDatabase(snapshot.error())) return std::move(snapshot).error();
    DenyReading(state.capabilities, snapshot.error());
    state.warnings.push_back(snapshot.error().message());
    return state;
  }
  DBSTOW_ASSIGN(StringMap attributes, ReadAttributes(**snapshot));
  state.attributes.merge(attributes);
  DenyWriting(state.capabilities, FolderOf(settings_.path));
  ProbeSharing(state.capabilities, FolderOf(settings_.path));
  return state;
}

// Every page is read: this is for who asks for it, not for what comes before each operation.
Result<void> SqliteInstance::Examine(InstanceState& state, OperationContext& context) {
  std::string& integrity = state.attributes["integrity"];
  integrity = "not checked";
  if (settings_.integrity == Integrity::kNone) return {};
  auto damage = CheckSource(source(), settings_.integrity, ports_.files, context);
  if (damage && damage->empty()) {
    integrity = "ok";
    return {};
  }
  if (!damage && !IsAboutTheDatabase(damage.error())) return std::move(damage).error();
  integrity = damage ? damage->front() : damage.error().message();
  // Probe has told it already where the database cannot even be opened.
  if (state.capabilities.Contains(capability::kBackup)) {
    state.warnings.push_back("integrity: " + integrity);
  }
  return {};
}

}  // namespace dbstow::sqlite
