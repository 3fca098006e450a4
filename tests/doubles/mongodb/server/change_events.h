#pragma once

#include <string>
#include <vector>

#include "doubles/mongodb/bson/element.h"
#include "doubles/mongodb/model/namespace.h"

namespace dbstow::doubles::mongodb {

/// One change as a change stream tells it. Fields that it has not are empty.
struct ChangeEvent {
  std::string type;  ///< "insert", "update", …
  Namespace ns;      ///< without a collection for dropDatabase
  Namespace to;      ///< of a rename
  std::string uuid;  ///< the collection's
  std::string full_document;
  std::string document_key;
  std::string update_description;
  std::string operation_description;
  bool expanded = false;  ///< told only with `showExpandedEvents`
};

/// What an entry of the oplog, or an operation within its applyOps, tells. In its order.
[[nodiscard]] std::vector<ChangeEvent> EventsOf(const Document& entry);

}  // namespace dbstow::doubles::mongodb
