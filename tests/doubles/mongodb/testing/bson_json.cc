#include "doubles/mongodb/testing/bson_json.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

void AddTo(Builder& out, const std::string& name, const Json& value);

constexpr std::string_view kDigits = "0123456789abcdef";

std::string FromHex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(kDigits.find(text[i]) * 16 + kDigits.find(text[i + 1])));
  }
  return bytes;
}

std::string ToHex(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string Elements(const Json& array) {
  Builder out;
  std::size_t place = 0;
  for (const Json& element : array) AddTo(out, std::to_string(place++), element);
  return out.Finish();
}

bool AddSpecial(Builder& out, const std::string& name, const Json& value) {
  if (value.size() != 1) return false;
  const std::string kind = value.begin().key();
  const Json& content = value.begin().value();
  if (kind == "$long") {
    out.Add(name, content.get<std::int64_t>());
  } else if (kind == "$uuid") {
    const auto bytes = content.get<std::string>();
    out.Add(name, Uuid{bytes});
  } else if (kind == "$timestamp") {
    out.Add(name, Timestamp{content.get<std::uint64_t>()});
  } else if (kind == "$date") {
    out.Add(name, Date{content.get<std::int64_t>()});
  } else if (kind == "$hex") {
    const std::string bytes = FromHex(content.get<std::string>());
    out.Add(name, Binary{bytes});
  } else {
    return false;
  }
  return true;
}

void AddTo(Builder& out, const std::string& name, const Json& value) {
  if (value.is_object()) {
    if (AddSpecial(out, name, value)) return;
    const std::string made = ToBson(value);
    out.Add(name, Document(made));
  } else if (value.is_array()) {
    const std::string made = Elements(value);
    out.Add(name, Array{Document(made)});
  } else if (value.is_string()) {
    out.String(name, value.get<std::string>());
  } else if (value.is_boolean()) {
    out.Add(name, value.get<bool>());
  } else if (value.is_number_float()) {
    out.Add(name, value.get<double>());
  } else if (value.is_number()) {
    const auto number = value.get<std::int64_t>();
    if (number == static_cast<std::int32_t>(number)) {
      out.Add(name, static_cast<std::int32_t>(number));
    } else {
      out.Add(name, number);
    }
  } else {
    out.Add(name, Null{});
  }
}

Json FromElement(const Element& element) {
  switch (element.type()) {
    case BsonType::kObject: return ToJson(element.AsDocument());
    case BsonType::kArray: {
      Json array = Json::array();
      for (const Element& each : element.AsDocument()) array.push_back(FromElement(each));
      return array;
    }
    case BsonType::kString: return std::string(element.AsString());
    case BsonType::kBool: return element.Truthy();
    case BsonType::kInt32:
    case BsonType::kInt64: return element.AsInt64();
    case BsonType::kDouble: return static_cast<double>(element.AsLongDouble());
    case BsonType::kTimestamp: return Json{{"$timestamp", element.AsTimestamp().value}};
    case BsonType::kDate: return Json{{"$date", element.AsDate()}};
    case BsonType::kBinary:
      return Json{{element.BinarySubtype() == 4 ? "$uuidHex" : "$hex", ToHex(element.AsBinary())}};
    case BsonType::kNull: return nullptr;
    default: return Json{{"$type", static_cast<int>(element.type())}};
  }
}

}  // namespace

std::string ToBson(const Json& json) {
  Builder out;
  for (const auto& [name, value] : json.items()) AddTo(out, name, value);
  return out.Finish();
}

Json ToJson(const Document& document) {
  Json json = Json::object();
  for (const Element& element : document) json[std::string(element.name())] = FromElement(element);
  return json;
}

}  // namespace dbstow::doubles::mongodb::testing
