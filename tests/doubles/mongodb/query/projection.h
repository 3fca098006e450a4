#pragma once

#include <string>
#include <vector>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// Which fields a find or `$project` returns: inclusion or exclusion of (dotted) paths. Computed
/// fields are refused.
class Projection {
 public:
  /// Errors: Location31253/31254 for mixtures, FailedToParse for expressions.
  [[nodiscard]] static Result<Projection> Parse(const Document& specification);
  Projection() = default;

  [[nodiscard]] bool empty() const { return !any_; }
  [[nodiscard]] std::string Apply(const Document& document) const;

 private:
  [[nodiscard]] std::string Project(const Document& document, const std::string& prefix) const;
  [[nodiscard]] bool Named(const std::string& path) const;
  [[nodiscard]] bool LeadsTo(const std::string& path) const;

  std::vector<std::string> paths_;
  bool any_ = false;
  bool includes_ = false;
  bool keep_id_ = true;
};

}  // namespace dbstow::doubles::mongodb
