#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "doubles/mongodb/query/matcher.h"
#include "doubles/mongodb/query/projection.h"

namespace dbstow::doubles::mongodb {

/// A `find` command, parsed. Owns what it needs.
struct FindRequest {
  Matcher filter;
  std::string filter_document;
  Projection projection;
  std::string sort;       ///< empty document: none
  std::string hint_key;   ///< the pattern hinted at; empty: none
  std::string hint_name;  ///< the index name hinted at; empty: none
  std::string min;
  std::string max;
  std::int64_t skip = 0;
  std::int64_t limit = 0;  ///< 0: none
  std::optional<std::int64_t> batch_size;
  bool single_batch = false;
  bool show_record_id = false;
  bool tailable = false;
  bool await_data = false;
  bool request_resume_token = false;
  std::string resume_after;  ///< `{$recordId: …}`; empty: none
  std::string start_at;

  /// Errors: as the vendor's parser gives them.
  [[nodiscard]] static Result<FindRequest> Parse(const Document& command);

  /// Those that `filter` selects, by the index that `hint` names if it is there.
  [[nodiscard]] static Result<FindRequest> Of(const Document& filter, const Element& hint);

  /// 1 or -1 when `{$natural: …}` was asked for by hint or sort, else 0.
  [[nodiscard]] int natural() const;
};

}  // namespace dbstow::doubles::mongodb
