#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb::testing {

/// A document of the histories: nothing but an id, a number and a text, so that the model needs
/// nothing of the double's own code.
struct PlainDocument {
  int id = 0;
  std::optional<std::int64_t> number;
  std::optional<std::string> text;
  bool operator==(const PlainDocument&) const = default;
};

struct PlainCollection {
  std::vector<PlainDocument> documents;  ///< in the order inserted
  std::set<std::string> indexes;
  int cap = 0;  ///< the most documents it holds; 0: not capped
  bool operator==(const PlainCollection&) const = default;

  [[nodiscard]] PlainDocument* Find(int id);
  void Remove(int id);
  /// Removes the oldest documents above the cap.
  void EnforceCap();
};

/// Collections by name, as plainly as can be. Copying it is a full copy.
using PlainModel = std::map<std::string, PlainCollection>;

[[nodiscard]] PlainDocument ReadPlain(const Document& document);
[[nodiscard]] std::string Encode(const PlainDocument& document);
[[nodiscard]] std::string Describe(const PlainModel& model);

/// Applies one entry of the oplog, written as the vendor documents entries, to a model. Returns
/// what is wrong with it; empty when nothing is. Entries of other databases than `db` are passed
/// over.
[[nodiscard]] std::string ApplyEntry(const Document& entry, const std::string& db,
                                     PlainModel& model);

}  // namespace dbstow::doubles::mongodb::testing
