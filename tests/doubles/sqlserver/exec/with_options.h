#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/operation.h"

namespace dbstow::doubles::sqlserver {

struct GivenOption {
  TypedValue value;
  TypedValue second;
  std::map<std::string, TypedValue> nested;
};

/// What MAXTRANSFERSIZE may be depends on the devices.
enum class TransferLimits { kDisk, kS3 };

/// The WITH clause of BACKUP or RESTORE with its values known.
class WithOptions {
 public:
  /// Errors: 3031 for an option given twice (but MOVE), what the evaluation says.
  [[nodiscard]] static SqlResult<WithOptions> Read(const std::vector<WithOption>& options,
                                                   const Evaluate& evaluate);

  [[nodiscard]] bool Has(const std::string& name) const { return given_.contains(name); }
  [[nodiscard]] std::string Text(const std::string& name) const;
  [[nodiscard]] std::optional<std::int64_t> Number(const std::string& name) const;
  [[nodiscard]] const GivenOption* Find(const std::string& name) const;
  /// MOVE 'first' TO 'second', in order.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& moves() const {
    return moves_;
  }

  /// Errors: 3031 when both of a pair are given.
  [[nodiscard]] SqlResult<void> Exclude(
      const std::vector<std::pair<std::string, std::string>>& pairs) const;
  /// Errors: 3032 when one of them is given.
  [[nodiscard]] SqlResult<void> Forbid(const std::vector<std::string>& names) const;
  /// What BACKUP and RESTORE check alike: sizes, STATS. Errors: 3217, 3250, 3253.
  [[nodiscard]] SqlResult<void> CheckSizes(TransferLimits limits) const;
  /// The step of STATS; 0 without.
  [[nodiscard]] int stats() const;

 private:
  std::map<std::string, GivenOption> given_;
  std::vector<std::pair<std::string, std::string>> moves_;
};

}  // namespace dbstow::doubles::sqlserver
