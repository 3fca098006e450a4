#include "doubles/snowflake/exec/clone.h"

#include "doubles/snowflake/exec/ddl.h"
#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

std::string PrivilegeToClone(ObjectKind kind) {
  return kind == ObjectKind::kTable ? "SELECT" : "USAGE";
}

/// One CLONE while it runs.
class Cloning {
 public:
  Cloning(const Execution& execution, const CreateStatement& create)
      : execution_(execution), change_(execution.change), create_(create) {}

  Result<Object*> Run(const Object& container) {
    const CloneSource& clone = *create_.clone;
    const Names names(execution_);
    DBSTOW_ASSIGN(const Object* source, names.OfKind(create_.kind, clone.name));
    DBSTOW_TRY(names.access().Require(*source, PrivilegeToClone(create_.kind)));
    const bool short_lived = change_.IsTransient(*source);
    const bool in_transient = change_.IsTransient(container);
    if (short_lived && !create_.transient && !create_.temporary && !in_transient) {
      return CompilationError({"002119", "0A000"},
                              "Transient object cannot be cloned to a permanent object.");
    }
    if (clone.time) {
      if (create_.kind != ObjectKind::kDatabase && create_.kind != ObjectKind::kSchema &&
          create_.kind != ObjectKind::kTable) {
        return CompilationError(codes::kSyntax, "syntax error unexpected 'AT'.");
      }
      DBSTOW_ASSIGN(point_, ResolvePoint(execution_, *clone.time, source->name()));
      if (!IsReadable(execution_, *source, point_)) return NotAvailable(*source);
    } else {
      point_ = PastPoint{change_.version(), execution_.now()};
    }
    Object& made = Copy(*source, container.id, create_.name.last());
    made.owner = execution_.session.role;
    made.transient = create_.transient;
    if (create_.temporary) made.session = execution_.session.id;
    DBSTOW_TRY(Fill(made, *source));
    RedirectSequences();
    return &change_.Edit(made.id);
  }

 private:
  Object& Copy(const Object& source, Id container, const std::string& name) {
    Object& made = change_.Create(source.kind, container, name, source.owner);
    made.comment = source.comment;
    made.retention = source.retention;
    made.managed_access = source.managed_access;
    made.transient = source.transient;
    made.detail = source.detail;
    copies_[source.id] = made.id;
    if (made.kind == ObjectKind::kTable) CopyRows(*made.table());
    return made;
  }

  // The partitions that the source held then; not what COPY has loaded into it.
  void CopyRows(TableDetail& table) const {
    std::vector<Membership> held;
    for (const Membership& membership : table.memberships) {
      if (membership.from <= point_.version && membership.to > point_.version) {
        held.push_back(Membership{membership.partition, change_.version(), kForever});
      }
    }
    table.memberships = std::move(held);
    table.loaded.clear();
  }

  Result<void> Fill(Object& made, const Object& source) {
    if (made.kind == ObjectKind::kDatabase) {
      const Id made_id = made.id;
      for (const Object* schema :
           change_.ChildrenAt(ObjectKind::kSchema, source.id, point_.version)) {
        DBSTOW_TRY(CloneChild(*schema, made_id));
      }
    } else if (made.kind == ObjectKind::kSchema) {
      const Id made_id = made.id;
      for (const ObjectKind kind : {ObjectKind::kTable, ObjectKind::kView, ObjectKind::kSequence,
                                    ObjectKind::kStage, ObjectKind::kFileFormat}) {
        for (const Object* child : change_.ChildrenAt(kind, source.id, point_.version)) {
          DBSTOW_TRY(CloneChild(*child, made_id));
        }
      }
    }
    return {};
  }

  Result<void> CloneChild(const Object& source, Id container) {
    // What has been dropped and purged since is not there to be cloned.
    if (!source.live() && !change_.CanUndrop(source, execution_.now())) return {};
    if (source.kind == ObjectKind::kStage && !create_.clone->include_internal_stages) return {};
    if (source.kind == ObjectKind::kTable && !IsReadable(execution_, source, point_)) {
      if (create_.clone->ignore_insufficient_retention) return {};
      return NotAvailable(source);
    }
    Object& made = Copy(source, container, source.PlacementAt(point_.version)->name);
    // Privileges on what is inside a container go with it; those on the container itself do not.
    made.grants = source.grants;
    made.future_grants = source.future_grants;
    return Fill(made, source);
  }

  // A column whose default is a sequence inside the clone now draws from the cloned sequence.
  void RedirectSequences() {
    for (const auto& [from, to] : copies_) {
      const Object* copy = change_.Find(to);
      if (copy->kind != ObjectKind::kTable) continue;
      for (Column& column : change_.Edit(to).table()->columns) {
        const auto found = copies_.find(column.default_sequence);
        if (found != copies_.end()) column.default_sequence = found->second;
      }
    }
  }

  const Execution& execution_;
  Change& change_;
  const CreateStatement& create_;
  PastPoint point_;
  std::map<Id, Id> copies_;
};

}  // namespace

Result<Object*> CloneObject(const Execution& execution, const CreateStatement& create,
                            const Object& container) {
  return Cloning(execution, create).Run(container);
}

}  // namespace dbstow::doubles::snowflake
