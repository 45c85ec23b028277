//! Columns that hold one of a few words: an enumeration in the code, text in the table.

/// Defines an enumeration whose values are words of a text column.
#[macro_export]
#[doc(hidden)]
macro_rules! words {
    (
        $(#[$attribute:meta])+
        pub enum $Enum:ident {
            $($(#[doc = $documentation:literal])+ $Variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$attribute])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $Enum {
            $($(#[doc = $documentation])+ #[serde(rename = $word)] $Variant,)+
        }

        impl $Enum {
            /// Every value, in order.
            pub const ALL: &'static [$Enum] = &[$($Enum::$Variant),+];

            /// The word that stands in the table.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($Enum::$Variant => $word,)+
                }
            }

            /// The value that a word stands for.
            pub fn from_word(word: &str) -> Option<$Enum> {
                $Enum::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl std::fmt::Display for $Enum {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl $crate::table::Cell for $Enum {
            const TYPE: $crate::table::ColumnType = $crate::table::ColumnType::Text;
            const NULLABLE: bool = false;

            fn column(
                name: &str,
                cells: $crate::table::Cells<'_, Self>,
            ) -> polars::prelude::Column {
                let words: Vec<&str> = cells.iter().map(|cell| cell.as_str()).collect();
                polars::prelude::Column::new(name.into(), words)
            }

            fn cells(column: &polars::prelude::Column) -> Option<Vec<Self>> {
                column.str().ok()?.iter().map(|word| $Enum::from_word(word?)).collect()
            }

            fn compare(&self, other: &Self) -> std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl $crate::table::Cell for Option<$Enum> {
            const TYPE: $crate::table::ColumnType = $crate::table::ColumnType::Text;
            const NULLABLE: bool = true;

            fn column(
                name: &str,
                cells: $crate::table::Cells<'_, Self>,
            ) -> polars::prelude::Column {
                let words: Vec<Option<&str>> =
                    cells.iter().map(|cell| cell.map(|value| value.as_str())).collect();
                polars::prelude::Column::new(name.into(), words)
            }

            fn cells(column: &polars::prelude::Column) -> Option<Vec<Self>> {
                column
                    .str()
                    .ok()?
                    .iter()
                    .map(|word| match word {
                        None => Some(None),
                        Some(word) => $Enum::from_word(word).map(Some),
                    })
                    .collect()
            }

            fn compare(&self, other: &Self) -> std::cmp::Ordering {
                self.map(|value| value.as_str()).cmp(&other.map(|value| value.as_str()))
            }
        }
    };
}
