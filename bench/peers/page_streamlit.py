import sys

import pandas
import streamlit

path, column, value, every = sys.argv[1:5]


@streamlit.cache_data
def read(path):
    return pandas.read_csv(path)


rows = read(path)
options = ([every] if every else []) + list(rows[column].dropna().unique())
chosen = streamlit.selectbox(column, options)
found = rows if chosen == every else rows[rows[column] == chosen]
streamlit.metric("found", len(found))
streamlit.metric("mean", round(found[value].mean(), 3))
streamlit.dataframe(found)
