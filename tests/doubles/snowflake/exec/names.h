#pragma once

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"

namespace dbstow::doubles::snowflake {

/// Finds what names mean in a session. Whatever a role may not even see does not exist for it.
/// Errors: 002003 not there or not authorized, 090105 no current database, 090106 no current
/// schema.
class Names {
 public:
  explicit Names(const Execution& execution)
      : view_(execution.change), session_(execution.session), access_(view_, session_) {}

  [[nodiscard]] Result<const Object*> Database(const std::string& name) const;
  /// `name` has one part (in the current database) or two.
  [[nodiscard]] Result<const Object*> Schema(const Name& name) const;
  /// The object, for a statement about data: "Object 'X' does not exist …", 42S02.
  [[nodiscard]] Result<const Object*> Relation(const Name& name) const;
  /// The object, for a statement about the object itself: "Table 'X' does not exist …", 02000.
  [[nodiscard]] Result<const Object*> OfKind(ObjectKind kind, const Name& name) const;
  /// As OfKind, but null when it is only the object itself that does not exist.
  [[nodiscard]] Result<const Object*> OfKindIfThere(ObjectKind kind, const Name& name) const;
  /// What an object of that kind and name is or would be inside of.
  [[nodiscard]] Result<const Object*> ContainerFor(ObjectKind kind, const Name& name) const;
  [[nodiscard]] Result<const Object*> CurrentDatabase() const;
  [[nodiscard]] Result<const Object*> CurrentSchema() const;

  [[nodiscard]] const Access& access() const { return access_; }

 private:
  [[nodiscard]] const Object* Lookup(ObjectKind kind, Id container, const std::string& name) const;

  const CatalogView& view_;
  const Session& session_;
  Access access_;
};

}  // namespace dbstow::doubles::snowflake
