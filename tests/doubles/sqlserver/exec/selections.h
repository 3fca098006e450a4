#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/operation.h"

namespace dbstow::doubles::sqlserver {

/// FILE = 'name' and its kind, with the name known.
struct NamedSelection {
  SelectionKind kind = SelectionKind::kFile;
  std::string name;  ///< or the list of pages
};

/// Errors: those of the evaluation.
[[nodiscard]] SqlResult<std::vector<NamedSelection>> ReadSelections(
    const std::vector<FileSelection>& selections, const Evaluate& evaluate);

[[nodiscard]] inline bool Selects(const std::vector<NamedSelection>& selections,
                                  SelectionKind kind) {
  return std::any_of(selections.begin(), selections.end(),
                     [&](const NamedSelection& one) { return one.kind == kind; });
}

[[nodiscard]] inline SqlError NotSelectable(const std::string& name) {
  return {3219, 16,
          "The file or filegroup \"" + name + "\" cannot be selected for this operation."};
}

}  // namespace dbstow::doubles::sqlserver
