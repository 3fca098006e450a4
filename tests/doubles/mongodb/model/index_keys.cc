#include "doubles/mongodb/model/index_keys.h"

#include <algorithm>
#include <cctype>

#include "doubles/mongodb/bson/order.h"

namespace dbstow::doubles::mongodb {
namespace {

bool IsPosition(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

void Emit(const Element& value, const std::function<void(const Element&)>& each) {
  if (!value.Is(BsonType::kArray)) return each(value);
  const Document elements = value.AsDocument();
  // An empty array is indexed as undefined, which sorts before null.
  if (elements.empty()) return each(Element(BsonType::kUndefined, value.name(), {}));
  for (const Element& element : elements) each(element);
}

void Walk(const Document& document, bool in_array, std::string_view path,
          const std::function<void(const Element&)>& each);

void Step(const Element& value, std::string_view rest,
          const std::function<void(const Element&)>& each) {
  if (rest.empty()) return Emit(value, each);
  if (value.IsContainer()) return Walk(value.AsDocument(), value.Is(BsonType::kArray), rest, each);
  each(Element());
}

void Walk(const Document& document, bool in_array, std::string_view path,
          const std::function<void(const Element&)>& each) {
  const std::size_t dot = path.find('.');
  const std::string_view head = path.substr(0, dot);
  const std::string_view rest =
      dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  if (in_array && !IsPosition(head)) {
    bool any = false;
    for (const Element& element : document) {
      if (!element.Is(BsonType::kObject)) continue;
      any = true;
      Walk(element.AsDocument(), false, path, each);
    }
    if (!any) each(Element());
    return;
  }
  Step(document[head], rest, each);
}

bool Descending(const Element& direction) {
  return direction.IsNumber() && direction.AsLongDouble() < 0;
}

std::string Component(const Element& value, const Element& direction) {
  std::string key = OrderKey(value ? value : Element(BsonType::kNull, {}, {}));
  if (Descending(direction)) {
    for (char& c : key) c = static_cast<char>(~c);
  }
  return key;
}

}  // namespace

void ForEachIndexedValue(const Document& document, std::string_view path,
                         const std::function<void(const Element&)>& each) {
  Walk(document, false, path, each);
}

std::vector<std::string> IndexKeys(const Document& pattern, const Document& document) {
  std::vector<std::string> keys(1);
  for (const Element& field : pattern) {
    std::vector<std::string> components;
    ForEachIndexedValue(document, field.name(), [&](const Element& value) {
      components.push_back(Component(value, field));
    });
    if (keys.size() > 1 && components.size() > 1) components.resize(1);
    std::vector<std::string> longer;
    for (const std::string& key : keys) {
      for (const std::string& component : components) longer.push_back(key + component);
    }
    keys = std::move(longer);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

bool HasParallelArrays(const Document& pattern, const Document& document) {
  int spread = 0;
  for (const Element& field : pattern) {
    int values = 0;
    ForEachIndexedValue(document, field.name(), [&](const Element&) { ++values; });
    if (values > 1) ++spread;
  }
  return spread > 1;
}

std::string BoundKey(const Document& pattern, const Document& values) {
  std::string key;
  auto value = values.begin();
  for (const Element& field : pattern) {
    if (value == values.end()) break;
    key += Component(*value, field);
    ++value;
  }
  return key;
}

}  // namespace dbstow::doubles::mongodb
