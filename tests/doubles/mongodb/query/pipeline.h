#pragma once

#include <functional>
#include <string>
#include <vector>

#include "doubles/mongodb/bson/value.h"

namespace dbstow::doubles::mongodb {

/// An aggregation pipeline over documents in memory. Knows $match, $sample, $project, $sort, $skip,
/// $limit, $count, $group (counting only), $replaceRoot, $unset and $_internalUnpackBucket. The
/// first stage $collStats and the last stages $out and $merge are left to the caller.
class Pipeline {
 public:
  using Documents = std::vector<std::string>;
  using Stage = std::function<Result<Documents>(Documents)>;
  enum class Use { kQuery, kView };

  /// Errors: Location40324 for unknown stages, those of the stages' parsers;
  /// OptionNotSupportedOnView for $out and $merge in a view.
  [[nodiscard]] static Result<Pipeline> Parse(const Document& stages, Use use);

  [[nodiscard]] Result<Documents> Run(Documents documents) const;
  /// The specification of a first `$collStats`; absent when there is none.
  [[nodiscard]] Element collection_stats() const { return collection_stats_.view(); }
  /// The last stage when it writes: an element named `$out` or `$merge`; else absent.
  [[nodiscard]] const std::string& output() const { return output_; }

 private:
  std::vector<Stage> stages_;
  Value collection_stats_;
  std::string output_;  ///< the stage document; empty: none
};

}  // namespace dbstow::doubles::mongodb
