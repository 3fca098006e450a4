#include "doubles/mongodb/model/time_series.h"

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/model/ids.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::size_t kMaxMeasurements = 1000;

/// `old` with the lesser (or greater) of each of its and `measurement`'s values.
std::string Extremes(const Document& old, const Document& measurement, std::string_view leave_out,
                     int wanted) {
  Builder out;
  for (const Element& field : old) {
    const Element other = measurement[field.name()];
    const bool better = other && CompareValues(other, field) * wanted > 0;
    out.Add(better ? other : field);
  }
  for (const Element& field : measurement) {
    if (!old.Has(field.name()) && field.name() != leave_out) out.Add(field);
  }
  return out.Finish();
}

}  // namespace

bool HasMixedSchema(const Document& min, const Document& max) {
  for (const Element& least : min) {
    const Element greatest = max[least.name()];
    if (!greatest) continue;
    if (TypeOrder(least.type()) != TypeOrder(greatest.type())) return true;
    if (least.IsContainer() && HasMixedSchema(least.AsDocument(), greatest.AsDocument())) {
      return true;
    }
  }
  return false;
}

Result<TimeSeries> TimeSeries::Parse(const Element& options) {
  const Document document = options.AsDocument();
  TimeSeries series;
  series.time_field_ = document["timeField"].AsString();
  series.meta_field_ = document["metaField"].AsString();
  series.granularity_ = document["granularity"].AsString();
  if (series.time_field_.empty()) {
    return CommandFailure(kInvalidOptions,
                          "BSON field 'create.timeseries.timeField' is missing but a required "
                          "field");
  }
  if (series.time_field_ == "_id" || series.meta_field_ == "_id" ||
      series.meta_field_ == series.time_field_) {
    return CommandFailure(kInvalidOptions,
                          "The 'metaField' cannot be '_id' or the same as the "
                          "'timeField'");
  }
  if (series.granularity_ == "minutes") {
    series.span_seconds_ = 86400;
    series.rounding_seconds_ = 3600;
  } else if (series.granularity_ == "hours") {
    series.span_seconds_ = 2592000;
    series.rounding_seconds_ = 86400;
  } else if (!series.granularity_.empty() && series.granularity_ != "seconds") {
    return CommandFailure(kBadValue, "Enumeration value '" + series.granularity_ +
                                         "' for field 'create.timeseries.granularity' is not a "
                                         "valid value.");
  }
  constexpr std::int64_t kMaxSeconds = 31536000;
  const auto fits = [](const Element& seconds) {
    return seconds.AsInt64() > 0 && seconds.AsInt64() <= kMaxSeconds;
  };
  if (const Element span = document["bucketMaxSpanSeconds"]) {
    if (!fits(span)) return CommandFailure(kInvalidOptions, "bad bucketMaxSpanSeconds");
    series.span_seconds_ = span.AsInt64();
  }
  if (const Element rounding = document["bucketRoundingSeconds"]) {
    if (!fits(rounding)) return CommandFailure(kInvalidOptions, "bad bucketRoundingSeconds");
    series.rounding_seconds_ = rounding.AsInt64();
  }
  return series;
}

std::string TimeSeries::BucketOptions(const Element& expire) const {
  Builder series;
  series.String("timeField", time_field_);
  if (!meta_field_.empty()) series.String("metaField", meta_field_);
  series.String("granularity", granularity_.empty() ? "seconds" : granularity_);
  series.Add("bucketMaxSpanSeconds", static_cast<std::int32_t>(span_seconds_));
  ArrayBuilder required;
  for (const char* name : {"_id", "control", "data"}) required.String(name);
  const std::string names = required.Finish();
  const std::string schema =
      Builder().Add("bsonType", "object").Add("required", Array{Document(names)}).Finish();
  const std::string validator = Builder().Add("$jsonSchema", Document(schema)).Finish();
  const std::string made = series.Finish();
  Builder options;
  options.Add("validator", Document(validator)).Add("clusteredIndex", true);
  if (expire) options.Add("expireAfterSeconds", expire);
  return options.Add("timeseries", Document(made)).Finish();
}

std::string TimeSeries::UnpackPipeline() const {
  Builder unpack;
  unpack.String("timeField", time_field_);
  if (!meta_field_.empty()) unpack.String("metaField", meta_field_);
  unpack.Add("bucketMaxSpanSeconds", static_cast<std::int32_t>(span_seconds_));
  const std::string made = unpack.Finish();
  const std::string stage = Builder().Add("$_internalUnpackBucket", Document(made)).Finish();
  ArrayBuilder pipeline;
  pipeline.Add(Document(stage));
  return pipeline.Finish();
}

Result<std::string> TimeSeries::NewBucket(const Document& measurement) const {
  const Element time = measurement[time_field_];
  constexpr std::int64_t kEarliest = -(std::int64_t{1} << 60);
  if (!time.Is(BsonType::kDate) || time.AsDate() < kEarliest) {
    return CommandFailure(kBadValue, "'" + time_field_ +
                                         "' must be present and contain a valid BSON UTC datetime "
                                         "value");
  }
  const std::int64_t rounding = rounding_seconds_ * 1000;
  std::int64_t start = time.AsDate() / rounding * rounding;
  if (start > time.AsDate()) start -= rounding;
  Builder least;
  Builder greatest;
  Builder data;
  for (const Element& field : measurement) {
    if (field.name() == meta_field_ && !meta_field_.empty()) continue;
    if (field.name() == time_field_) {
      least.Add(field.name(), Date{start});
    } else {
      least.Add(field);
    }
    greatest.Add(field);
    const std::string column = Builder().Add("0", field).Finish();
    data.Add(field.name(), Document(column));
  }
  const std::string min = least.Finish();
  const std::string max = greatest.Finish();
  const std::string columns = data.Finish();
  const std::string control =
      Builder().Add("version", 1).Add("min", Document(min)).Add("max", Document(max)).Finish();
  Builder bucket;
  bucket.Add("_id", ObjectId{NewObjectId(static_cast<std::uint32_t>(start / 1000))});
  bucket.Add("control", Document(control));
  if (const Element meta = measurement[meta_field_]; meta && !meta_field_.empty()) {
    bucket.Add("meta", meta);
  }
  return bucket.Add("data", Document(columns)).Finish();
}

std::optional<std::string> TimeSeries::Extend(const Document& bucket,
                                              const Document& measurement) const {
  const Element time = measurement[time_field_];
  const Document control = bucket["control"].AsDocument();
  const Document min = control["min"].AsDocument();
  const Document data = bucket["data"].AsDocument();
  const std::int64_t start = min[time_field_].AsDate();
  const std::size_t held = data[time_field_].AsDocument().Count();
  const Element meta = meta_field_.empty() ? Element() : measurement[meta_field_];
  const bool same_meta =
      meta ? bucket["meta"] && CompareValues(bucket["meta"], meta) == 0 : !bucket["meta"];
  if (control["version"].AsInt64() != 1 || !time.Is(BsonType::kDate) || !same_meta ||
      time.AsDate() < start ||
      static_cast<std::uint64_t>(time.AsDate()) - static_cast<std::uint64_t>(start) >=
          static_cast<std::uint64_t>(span_seconds_) * 1000 ||
      held >= kMaxMeasurements) {
    return std::nullopt;
  }
  const std::string row = std::to_string(held);
  Builder columns;
  for (const Element& column : data) {
    Builder grown(column.AsDocument());
    if (const Element value = measurement[column.name()]) grown.Add(row, value);
    const std::string made = grown.Finish();
    columns.Add(column.name(), Document(made));
  }
  for (const Element& field : measurement) {
    if (data.Has(field.name()) || (field.name() == meta_field_ && !meta_field_.empty())) continue;
    const std::string made = Builder().Add(row, field).Finish();
    columns.Add(field.name(), Document(made));
  }
  const std::string least = Extremes(min, measurement, meta_field_, -1);
  const std::string greatest = Extremes(control["max"].AsDocument(), measurement, meta_field_, 1);
  if (HasMixedSchema(least, greatest)) return std::nullopt;
  const std::string made_control = Builder()
                                       .Add(control["version"])
                                       .Add("min", Document(least))
                                       .Add("max", Document(greatest))
                                       .Finish();
  const std::string made_data = columns.Finish();
  Builder out;
  for (const Element& field : bucket) {
    if (field.name() == "control") {
      out.Add("control", Document(made_control));
    } else if (field.name() == "data") {
      out.Add("data", Document(made_data));
    } else {
      out.Add(field);
    }
  }
  return out.Finish();
}

Result<std::vector<std::string>> TimeSeries::Unpack(const Document& bucket) const {
  if (bucket["control"].AsDocument()["version"].AsInt64() != 1) {
    return CommandFailure(kCommandNotSupported,
                          "this server cannot unpack compressed time-series buckets");
  }
  const Document data = bucket["data"].AsDocument();
  std::vector<std::string> measurements;
  for (const Element& time : data[time_field_].AsDocument()) {
    Builder measurement;
    measurement.Add(time_field_, time);
    if (const Element meta = bucket["meta"]) measurement.Add(meta_field_, meta);
    for (const Element& column : data) {
      if (column.name() == time_field_) continue;
      if (const Element value = column.AsDocument()[time.name()]) {
        measurement.Add(column.name(), value);
      }
    }
    measurements.push_back(measurement.Finish());
  }
  return measurements;
}

}  // namespace dbstow::doubles::mongodb
