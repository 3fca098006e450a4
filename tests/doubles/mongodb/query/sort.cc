#include "doubles/mongodb/query/sort.h"

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/model/index_keys.h"

namespace dbstow::doubles::mongodb {

Result<void> CheckSort(const Document& sort) {
  constexpr int kBadDirection = 15975;
  for (const Element& field : sort) {
    const std::int64_t direction = field.AsInt64();
    if (!field.IsNumber() || (direction != 1 && direction != -1)) {
      return CommandFailure(kBadDirection,
                            "$sort key ordering must be 1 (for ascending) or -1 (for descending)");
    }
  }
  return {};
}

std::string SortKey(const Document& sort, const Document& document) {
  std::string key;
  for (const Element& field : sort) {
    const std::string pattern = Builder().Add(field).Finish();
    // Keys of a descending field are inverted, so that the first is the greatest value.
    key += IndexKeys(Document(pattern), document).front();
  }
  return key;
}

}  // namespace dbstow::doubles::mongodb
