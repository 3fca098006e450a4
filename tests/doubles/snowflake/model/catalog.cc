#include "doubles/snowflake/model/catalog.h"

#include "doubles/snowflake/model/state_file.h"

namespace dbstow::doubles::snowflake {
namespace {

PrincipalDetail RoleWith(std::vector<Id> roles) { return PrincipalDetail{{}, std::move(roles)}; }

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::Open(StateFile& file, Edition edition, Nanos now) {
  std::unique_ptr<Catalog> catalog(new Catalog(file, edition));
  DBSTOW_ASSIGN(catalog->objects_, file.LoadObjects());
  DBSTOW_ASSIGN(catalog->partitions_, file.LoadPartitions());
  DBSTOW_ASSIGN(catalog->commits_, file.LoadCommits());
  for (const auto& [id, object] : catalog->objects_) catalog->next_id_ = id + 1;
  if (!catalog->partitions_.empty()) {
    catalog->next_id_ = std::max(catalog->next_id_, catalog->partitions_.rbegin()->first + 1);
  }
  if (catalog->objects_.empty()) DBSTOW_TRY(catalog->MakeAccount(now));
  return catalog;
}

Result<void> Catalog::MakeAccount(Nanos now) {
  Change change(*this, now);
  Object& account = change.Create(ObjectKind::kAccount, 0, "ACCOUNT", 0);
  account.detail = OptionDetail{};
  std::map<std::string, Id> roles;
  for (const char* name : {"ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC"}) {
    Object& role = change.Create(ObjectKind::kRole, kAccountId, name, 0);
    role.detail = PrincipalDetail{};
    roles[name] = role.id;
  }
  // The hierarchy of the system-defined roles (access control overview).
  change.Edit(roles["ACCOUNTADMIN"]).detail = RoleWith({roles["SECURITYADMIN"], roles["SYSADMIN"]});
  change.Edit(roles["SECURITYADMIN"]).detail = RoleWith({roles["USERADMIN"]});
  const auto grant = [&](const char* privilege, const char* role) {
    change.Edit(kAccountId).grants.push_back(Grant{privilege, roles[role], true, 0, now});
  };
  for (const auto& [name, id] : roles) change.Edit(id).owner = roles["ACCOUNTADMIN"];
  change.Edit(kAccountId).owner = roles["ACCOUNTADMIN"];
  grant("CREATE DATABASE", "SYSADMIN");
  grant("CREATE WAREHOUSE", "SYSADMIN");
  grant("CREATE ROLE", "USERADMIN");
  grant("CREATE USER", "USERADMIN");
  grant("MANAGE GRANTS", "SECURITYADMIN");
  return Commit(std::move(change), QueryRecord{});
}

const Partition* Catalog::FindPartition(Id id) const {
  const auto found = partitions_.find(id);
  return found == partitions_.end() ? nullptr : found->second.get();
}

Result<void> Catalog::Commit(Change change, const QueryRecord& query) {
  const CommitRecord commit{change.version_, change.now_, query.id};
  std::vector<StateFile::ChangedObject> changed;
  for (const Id id : change.changed_) {
    changed.push_back({change.objects_.at(id).get(), Find(id)});
  }
  DBSTOW_TRY(file_.SaveCommit(commit, changed, change.partitions_, query));
  objects_ = std::move(change.objects_);
  partitions_.merge(change.partitions_);
  next_id_ = change.next_id_;
  commits_.push_back(commit);
  return {};
}

Change::Change(const Catalog& catalog, Nanos now)
    : catalog_(&catalog),
      objects_(catalog.objects_),
      next_id_(catalog.next_id_),
      version_(catalog.latest() + 1),
      now_(now) {}

const Partition* Change::FindPartition(Id id) const {
  const auto found = partitions_.find(id);
  return found == partitions_.end() ? catalog_->FindPartition(id) : found->second.get();
}

Object& Change::Edit(Id id) {
  std::shared_ptr<const Object>& slot = objects_.at(id);
  if (changed_.insert(id).second) slot = std::make_shared<Object>(*slot);
  // Every changed slot was made above or in Create, as an object that is not const.
  return const_cast<Object&>(*slot);
}

Object& Change::Create(ObjectKind kind, Id container, const std::string& name, Id owner) {
  auto object = std::make_shared<Object>();
  Object& made = *object;
  made.id = next_id_++;
  made.kind = kind;
  made.owner = owner;
  made.created = now_;
  made.altered = now_;
  made.placements = {Placement{version_, container, name, true}};
  objects_.emplace(made.id, std::move(object));
  changed_.insert(made.id);
  return made;
}

// Within one change only the last place counts: nobody ever sees the ones before.
void Change::Place(Object& object, Id container, const std::string& name, bool live) {
  if (object.placements.back().from == version_ && object.placements.size() > 1) {
    object.placements.pop_back();
  }
  object.placements.push_back(Placement{version_, container, name, live});
  object.altered = now_;
}

void Change::Drop(Id id) {
  const Object& current = *Find(id);
  const int days = RetentionDays(current);
  const Nanos readable = ReadableFrom(current, now_);
  Object& object = Edit(id);
  object.retention_at_drop = days;
  object.readable_from = readable;
  object.dropped = now_;
  Place(object, object.container(), std::string(object.name()), false);
}

void Change::Undrop(Id id, const std::string& name) {
  const Nanos readable = ReadableFrom(*Find(id), now_);
  Object& object = Edit(id);
  object.readable_from = readable;
  const Id container = object.container();
  Place(object, container, name, true);
}

void Change::Move(Id id, Id container, const std::string& name) {
  FreezeHistory(*Find(id));
  Place(Edit(id), container, name, true);
}

void Change::Swap(Id a, Id b) {
  FreezeHistory(*Find(a));
  FreezeHistory(*Find(b));
  Object& first = Edit(a);
  Object& second = Edit(b);
  const Placement one = first.placement();
  const Placement other = second.placement();
  Place(first, other.container, other.name, true);
  Place(second, one.container, one.name, true);
}

void Change::AddRows(Object& table, Partition partition) {
  if (partition.rows.empty()) return;
  const Id id = next_id_++;
  partitions_.emplace(id, std::make_shared<const Partition>(std::move(partition)));
  table.table()->memberships.push_back(Membership{id, version_, kForever});
}

void Change::RemovePartition(Object& table, Id partition) {
  for (Membership& membership : table.table()->memberships) {
    if (membership.partition == partition && membership.to == kForever) membership.to = version_;
  }
}

void Change::FreezeHistory(const Object& object) {
  std::vector<Id> affected = {object.id};
  for (size_t at = 0; at < affected.size(); ++at) {
    for (const auto& [id, child] : objects_) {
      if (child->container() == affected[at]) affected.push_back(id);
    }
  }
  for (const Id id : affected) {
    const Object& each = *Find(id);
    const bool has_history = each.kind == ObjectKind::kTable || each.kind == ObjectKind::kSchema ||
                             each.kind == ObjectKind::kDatabase;
    const Nanos readable = has_history ? ReadableFrom(each, now_) : 0;
    if (has_history && readable > std::max(each.created, each.readable_from)) {
      Edit(id).readable_from = readable;
    }
  }
}

}  // namespace dbstow::doubles::snowflake
