#include "doubles/mongodb/query/path.h"

#include <algorithm>

namespace dbstow::doubles::mongodb {
namespace {

bool IsPosition(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool AnyWholeValueAt(const Document& document, std::string_view path,
                     const std::function<bool(const Element&)>& each) {
  const std::size_t dot = path.find('.');
  const Element value = document[path.substr(0, dot)];
  if (dot == std::string_view::npos) return each(value);
  const std::string_view rest = path.substr(dot + 1);
  if (value.Is(BsonType::kObject)) return AnyWholeValueAt(value.AsDocument(), rest, each);
  if (!value.Is(BsonType::kArray)) return each(Element());
  const Document elements = value.AsDocument();
  // "a.0" is a position first and a field of the elements as well.
  if (IsPosition(rest.substr(0, rest.find('.'))) && AnyWholeValueAt(elements, rest, each)) {
    return true;
  }
  bool any = false;
  for (const Element& element : elements) {
    if (!element.Is(BsonType::kObject)) continue;
    any = true;
    if (AnyWholeValueAt(element.AsDocument(), rest, each)) return true;
  }
  return !any && each(Element());
}

bool AnyValueAt(const Document& document, std::string_view path,
                const std::function<bool(const Element&)>& each) {
  return AnyWholeValueAt(document, path, [&](const Element& value) {
    if (each(value)) return true;
    if (!value.Is(BsonType::kArray)) return false;
    for (const Element& element : value.AsDocument()) {
      if (each(element)) return true;
    }
    return false;
  });
}

}  // namespace dbstow::doubles::mongodb
