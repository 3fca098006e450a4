#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doubles/snowflake/model/object.h"

namespace dbstow::doubles::snowflake {

using ObjectMap = std::map<Id, std::shared_ptr<const Object>>;
using PartitionMap = std::map<Id, std::shared_ptr<const Partition>>;

/// Questions about one state of the catalogue. Pointers live as long as the state is not changed.
/// Not thread-safe: the engine serves one statement at a time.
class CatalogView {
 public:
  virtual ~CatalogView() = default;

  [[nodiscard]] virtual const ObjectMap& objects() const = 0;
  [[nodiscard]] virtual const Partition* FindPartition(Id id) const = 0;
  [[nodiscard]] virtual const std::vector<CommitRecord>& commits() const = 0;
  [[nodiscard]] virtual bool is_enterprise() const = 0;

  [[nodiscard]] const Object* Find(Id id) const;
  [[nodiscard]] const Object& account() const { return *Find(kAccountId); }
  /// The live object of that name; tables and views share their names. A session's own temporary
  /// object hides a permanent one.
  [[nodiscard]] const Object* FindChild(ObjectKind kind, Id container, const std::string& name,
                                        const std::string& session = "") const;
  /// Live objects of a container by name. `session` decides which temporary ones are seen.
  [[nodiscard]] std::vector<const Object*> Children(ObjectKind kind, Id container,
                                                    const std::string& session = "") const;
  /// The objects that a container held at a version, wherever they are now.
  [[nodiscard]] std::vector<const Object*> ChildrenAt(ObjectKind kind, Id container,
                                                      Version version) const;
  /// Dropped objects of that last name and place which can still be brought back, the latest first.
  [[nodiscard]] std::vector<const Object*> Dropped(ObjectKind kind, Id container,
                                                   const std::string& name, Nanos now) const;
  [[nodiscard]] bool CanUndrop(const Object& object, Nanos now) const;

  /// Days of Time Travel that the object has now, from itself, its containers and the account.
  [[nodiscard]] int RetentionDays(const Object& object) const;
  /// The most that the edition and the kind of object allow.
  [[nodiscard]] int MostRetentionDays(const Object& object) const;
  /// The earliest moment whose state of the object can be read at `now`.
  [[nodiscard]] Nanos ReadableFrom(const Object& object, Nanos now) const;

  [[nodiscard]] Version latest() const;
  /// The version that stood at a moment: the last commit at or before it, or before it.
  [[nodiscard]] Version VersionAt(Nanos time, TimePoint::Side side) const;

  /// `DB.SCHEMA.NAME`.
  [[nodiscard]] Name QualifiedName(const Object& object) const;
  [[nodiscard]] bool IsTransient(const Object& object) const;
};

}  // namespace dbstow::doubles::snowflake
