#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dbstow::postgres {

/// A primary key or unique constraint in two steps: the index, built under a lock that lets other
/// indexes of the table be built meanwhile, and the constraint that takes it over at once.
struct UniqueInTwoSteps {
  std::string create_index;
  std::string add_constraint;  ///< and whatever followed it in the archive
};

/// Takes `ALTER TABLE ONLY t ADD CONSTRAINT c PRIMARY KEY (…) …;` as pg_dump writes it apart.
/// Nothing for anything else: then the statement is to be run as it is.
[[nodiscard]] std::optional<UniqueInTwoSteps> SplitUniqueConstraint(std::string_view ddl);

}  // namespace dbstow::postgres
