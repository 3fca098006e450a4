#include "doubles/mongodb/query/diff.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <vector>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

std::string ArrayDiff(const Document& before, const Document& after);
std::string ObjectDiff(const Document& before, const Document& after);

/// A nested diff of two values, when both are objects or both arrays.
std::optional<std::string> NestedDiff(const Element& before, const Element& after) {
  if (before.Is(BsonType::kObject) && after.Is(BsonType::kObject)) {
    return ObjectDiff(before.AsDocument(), after.AsDocument());
  }
  if (before.Is(BsonType::kArray) && after.Is(BsonType::kArray)) {
    return ArrayDiff(before.AsDocument(), after.AsDocument());
  }
  return std::nullopt;
}

std::string ArrayDiff(const Document& before, const Document& after) {
  Builder diff;
  diff.Add("a", true);
  const std::size_t length = after.Count();
  if (length < before.Count()) diff.Add("l", static_cast<std::int32_t>(length));
  for (const Element& element : after) {
    const Element old = before[element.name()];
    if (old && old.SameAs(element)) continue;
    const auto nested = old ? NestedDiff(old, element) : std::nullopt;
    if (nested) {
      diff.Add("s" + std::string(element.name()), Document(*nested));
    } else {
      diff.Add("u" + std::string(element.name()), element);
    }
  }
  return diff.Finish();
}

/// Fields in the common order are kept or changed; the first that is out of order, and all after
/// it, are removed and come again at the end, so that the result has the order of `after`.
std::string ObjectDiff(const Document& before, const Document& after) {
  Builder updated;
  Builder inserted;
  Builder nested;
  std::vector<std::string_view> gone;
  auto old = before.begin();
  auto field = after.begin();
  while (old != before.end() && field != after.end()) {
    if (old->name() != field->name()) {
      gone.push_back(old->name());
      ++old;
      continue;
    }
    if (!old->SameAs(*field)) {
      if (const auto inner = NestedDiff(*old, *field)) {
        nested.Add("s" + std::string(field->name()), Document(*inner));
      } else {
        updated.Add(*field);
      }
    }
    ++old;
    ++field;
  }
  for (; old != before.end(); ++old) gone.push_back(old->name());
  for (; field != after.end(); ++field) {
    inserted.Add(*field);
    std::erase(gone, field->name());
  }
  Builder removed;
  for (const std::string_view name : gone) removed.Add(name, false);
  Builder diff;
  const auto part = [&](std::string_view name, Builder& fields) {
    if (fields.empty()) return;
    const std::string made = fields.Finish();
    diff.Add(name, Document(made));
  };
  part("d", removed);
  part("u", updated);
  part("i", inserted);
  const std::string inner = nested.Finish();
  diff.AddAll(Document(inner));
  return diff.Finish();
}

Error Malformed() { return CommandFailure(kFailedToParse, "malformed update diff"); }

Result<std::string> ApplyArrayDiff(const Document& before, const Document& diff) {
  std::vector<Element> elements;
  for (const Element& element : before) elements.push_back(element);
  std::deque<std::string> made;  // what elements of nested diffs point into
  for (const Element& field : diff) {
    if (field.name() == "a") continue;
    if (field.name() == "l") {
      elements.resize(std::min(elements.size(), static_cast<std::size_t>(field.AsInt64())));
      continue;
    }
    std::size_t place = 0;
    const char* end = field.name().data() + field.name().size();
    if (field.name().size() < 2 ||
        std::from_chars(field.name().data() + 1, end, place).ptr != end || place > 1000000) {
      return Malformed();
    }
    while (elements.size() <= place) elements.emplace_back(BsonType::kNull, "", "");
    if (field.name()[0] == 'u') {
      elements[place] = field;
    } else if (field.name()[0] == 's' && elements[place].IsContainer()) {
      const Element old = elements[place];
      DBSTOW_ASSIGN(std::string inner, ApplyDiff(old.AsDocument(), field.AsDocument()));
      made.push_back(std::move(inner));
      elements[place] = Element(old.type(), {}, made.back());
    } else {
      return Malformed();
    }
  }
  ArrayBuilder out;
  for (const Element& element : elements) out.Add(element);
  return out.Finish();
}

}  // namespace

std::optional<std::string> MakeDiff(const Document& before, const Document& after) {
  std::string diff = ObjectDiff(before, after);
  const auto applied = ApplyDiff(before, diff);
  if (!applied || *applied != after.bytes()) return std::nullopt;
  return diff;
}

Result<std::string> ApplyDiff(const Document& before, const Document& diff) {
  if (diff["a"].Truthy()) return ApplyArrayDiff(before, diff);
  const Document removed = diff["d"].AsDocument();
  const Document updated = diff["u"].AsDocument();
  const Document inserted = diff["i"].AsDocument();
  Builder out;
  for (const Element& field : before) {
    if (removed.Has(field.name()) || inserted.Has(field.name())) continue;
    const Element nested = diff["s" + std::string(field.name())];
    if (nested.Is(BsonType::kObject) && field.IsContainer()) {
      DBSTOW_ASSIGN(const std::string inner, ApplyDiff(field.AsDocument(), nested.AsDocument()));
      out.Raw(field.type(), field.name(), inner);
    } else if (const Element changed = updated[field.name()]) {
      out.Add(changed);
    } else {
      out.Add(field);
    }
  }
  for (const Element& field : updated) {
    if (!before.Has(field.name())) out.Add(field);
  }
  out.AddAll(inserted);
  return out.Finish();
}

}  // namespace dbstow::doubles::mongodb
